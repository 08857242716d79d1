/* SPDX-License-Identifier: GPL-3.0-or-later
 * main.c - argv -> a row of the table of subcommands. */
#include "cmd/cmd.h"
#include "core/clock.h"
#include "jobs/kinds.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cmd *const commands[] = {&cmd_serve, &cmd_worker,  &cmd_render,   &cmd_frame,
                                             &cmd_validate, &cmd_analyze, &cmd_beats, &cmd_transcribe, &cmd_probe,
                                             &cmd_effects, &cmd_templates, &cmd_models, &cmd_migrate,  &cmd_doctor,  NULL};

static void print_usage(FILE *f)
{
    fputs("aive " AIVE_VERSION ", a self-hosted AI video editor\n\n"
          "Usage: aive COMMAND [OPTIONS] [WORDS]\n\nCommands:\n", f);
    for (int i = 0; commands[i]; i++)
        fprintf(f, "  %-8s %-20s %s\n", commands[i]->name, commands[i]->words, commands[i]->summary);
    fputs("\n`aive COMMAND --help` explains one. Start with `aive doctor`, then `aive serve`.\n", f);
}

static void print_command_help(const struct cmd *cmd)
{
    struct option_set sets[2];
    int count = 0;
    if (cmd->options)
        sets[count++] = (struct option_set){.rows = cmd->options};
    if (cmd->settings)
        sets[count++] = (struct option_set){.rows = config_options, .from_environment = true};

    printf("Usage: aive %s%s%s%s\n\n%s\n", cmd->name, count ? " [OPTIONS]" : "",
           *cmd->words ? " " : "", cmd->words, cmd->summary);
    if (cmd->help)
        printf("\n%s\n", cmd->help);
    struct buf b;
    buf_init(&b, 1 << 20);
    options_help(sets, count, &b);
    if (b.len)
        fwrite(b.data, 1, b.len, stdout);
    buf_finish(&b);
    if (cmd->settings)
        puts("\nSettings come from flags, then the environment, then a .env file here.");
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* docs/settings.md, to be kept as a file: a test compares the two. */
static void print_settings_page(void)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, "# Settings\n\nFlags win over environment variables, these over a `.env` file in the "
                 "working folder.\nThis page is printed by `aive help settings`.\n");
    options_markdown(config_options, &b);
    if (b.len)
        fwrite(b.data, 1, b.len, stdout);
    buf_finish(&b);
}

/* The one thing a signal handler can reach; set before the handlers are. */
static struct cancel *interrupt;

static void on_signal(int sig)
{
    if (cancel_fired(interrupt))
        _exit(128 + sig);
    cancel_fire(interrupt);
}

static bool catch_signals(struct cancel *c, struct err *e)
{
    if (!cancel_init(c, e))
        return false;
    interrupt = c;
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    return true;
}

int cmd_fail(const struct cmd_context *c, const struct err *e)
{
    bool colour = isatty(STDERR_FILENO);
    fprintf(stderr, "%saive %s: %s%s\n", colour ? "\033[31m" : "", c->cmd->name, e->msg,
            colour ? "\033[0m" : "");
    switch (e->code) {
    case ERR_CANCELED:
        return 130;
    case ERR_INVALID:
    case ERR_UNSUPPORTED:
    case ERR_TOO_LARGE:
        return 3;
    case ERR_NOT_FOUND:
    case ERR_UNAVAILABLE:
        return 4;
    default:
        return 1;
    }
}

void cmd_print_json(const char *text)
{
    fputs(text, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

static int wrong_use(const struct cmd_context *c, const char *msg)
{
    fprintf(stderr, "aive %s: %s\nUsage: aive %s [OPTIONS] %s   (aive %s --help)\n", c->cmd->name,
            msg, c->cmd->name, c->cmd->words, c->cmd->name);
    return 2;
}

static int run_command(const struct cmd *cmd, int argc, char **argv)
{
    struct arena arena;
    arena_init(&arena, 64 << 20);
    struct cmd_context c = {.cmd = cmd, .arena = &arena};
    struct cancel cancel = {.fd = -1};
    struct err e = {0};
    int status = 1;

    void *options = cmd->options ? arena_alloc(&arena, cmd->options_size) : NULL;
    struct option_set sets[2] = {{.rows = config_options, .target = &c.config,
                                  .from_environment = true},
                                 {.rows = cmd->options, .target = options}};
    if (!options_load(sets, cmd->options ? 2 : 1, argc, argv, ".env", &arena, &c.words,
                      &c.word_count, &e) ||
        !config_finish(&c.config, &arena, &e)) {
        status = wrong_use(&c, e.msg);
    } else if (c.word_count < cmd->min_words || c.word_count > cmd->max_words) {
        status = wrong_use(&c, c.word_count < cmd->min_words ? "something is missing"
                                                             : "too many words");
    } else if (!catch_signals(&cancel, &e)) {
        status = cmd_fail(&c, &e);
    } else {
        c.log = log_make(STDERR_FILENO, c.config.log_format, c.config.log_level);
        c.cancel = &cancel;
        status = cmd->run(&c, options);
    }
    cancel_finish(&cancel);
    arena_finish(&arena);
    return status;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) {
        fputs("aive: libsodium does not start\n", stderr);
        return 1;
    }
    if (argc > 1 && strcmp(argv[1], "work-horse") == 0)
        return horse_main(horse_kinds);
    if (argc > 2 && strcmp(argv[1], "help") == 0 && strcmp(argv[2], "settings") == 0) {
        print_settings_page();
        return 0;
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage(argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("aive " AIVE_VERSION);
        return 0;
    }
    for (int i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, argv[1]) == 0) {
            if (asks_for_help(argc - 2, argv + 2)) {
                print_command_help(commands[i]);
                return 0;
            }
            return run_command(commands[i], argc - 2, argv + 2);
        }
    fprintf(stderr, "aive: no command \"%s\"\n\n", argv[1]);
    print_usage(stderr);
    return 2;
}
