/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tokenizer against GPT-2's rules written out plainly here, on vocabularies made by the test.
 */
#include "check.h"
#include "core/buf.h"
#include "core/utf8.h"
#include "nn/pretokenize.h"
#include "nn/tokenizer.h"
#include "nn/weights.h"

#include <stdlib.h>

/* --- Splitting --- */

static void test_split(void)
{
    static const struct {
        const char *text, *pieces; /* '|' between them */
    } cases[] = {
        {"Hello world", "Hello| world"},
        {"  two", " | two"},
        {"a  ", "a|  "},
        {" ", " "},
        {"\n\n x", "\n\n| x"},
        {"a \n b", "a| \n| b"},
        {"don't I'LL 'tis", "don|'t| I|'|LL| '|tis"},
        {"'s'd'm'll've're't", "'s|'d|'m|'ll|'ve|'re|'t"},
        {"x1 2.5", "x|1| 2|.|5"},
        {"..  !?", "..| | !?"},
        {"\xc3\xa9t\xc3\xa9 \xe6\x97\xa5", "\xc3\xa9t\xc3\xa9| \xe6\x97\xa5"},
        {"\xc2\xbd\xd9\xa3x", "\xc2\xbd\xd9\xa3|x"}, /* N: vulgar fraction, Arabic 3 */
        {"a\xcc\x81", "a|\xcc\x81"},                 /* a mark is no letter */
        {"a\xc2\xa0z", "a|\xc2\xa0|z"},              /* no-break space is a space */
        {"a\xe3\x80\x80\xe3\x80\x80z", "a|\xe3\x80\x80|\xe3\x80\x80|z"},
        {"a\x1cz", "a|\x1c|z"},                    /* no White_Space */
        {"a \xe2\x80\x8bz", "a| \xe2\x80\x8b|z"},  /* nor is the zero width space */
        {"a\xff\xfe z\xc3", "a|\xff\xfe| z|\xc3"}, /* no UTF-8 */
        {"\xc2\x85\xe2\x80\xa8.", "\xc2\x85|\xe2\x80\xa8|."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        size_t len = strlen(text);
        char got[256] = "";
        size_t at = 0, n;
        CHECK_CASE(text);
        for (size_t out = 0; at < len && (n = pretoken_next(text + at, len - at)) > 0; at += n) {
            if (out)
                got[out++] = '|';
            memcpy(got + out, text + at, n);
            out += n;
        }
        CHECK_STR(got, cases[i].pieces);
    }
    CHECK(pretoken_next("", 0) == 0);
}

/* --- A vocabulary: all bytes, and merges that were drawn --- */

enum { MERGES = 400, COUNT = 256 + MERGES, TEXT = 3000 };

struct drawn {
    struct {
        char bytes[64];
        size_t len;
    } piece[COUNT];
    int left[MERGES], right[MERGES];
    struct buf vocab, merges, json, json_pairs;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* The text that stands for bytes in a vocabulary. */
static void add_mapped(struct buf *b, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned c = (unsigned char)bytes[i], cp = 256;
        char out[4];
        for (unsigned k = 0; k < c; k++)
            cp += !((k >= 33 && k <= 126) || (k >= 161 && k <= 172) || k >= 174);
        if ((c >= 33 && c <= 126) || (c >= 161 && c <= 172) || c >= 174)
            cp = c;
        if (c == '"' || c == '\\')
            buf_addc(b, '\\');
        buf_add(b, out, utf8_encode(cp, out));
    }
}

static bool drawn_has(const struct drawn *d, int n, const char *bytes, size_t len)
{
    for (int i = 0; i < n; i++)
        if (d->piece[i].len == len && memcmp(d->piece[i].bytes, bytes, len) == 0)
            return true;
    return false;
}

/* Merges of letters that are few, so that texts of them merge often. */
static void draw_merges(struct drawn *d, uint32_t *seed)
{
    for (int i = 0; i < 256; i++) {
        d->piece[i].bytes[0] = (char)i;
        d->piece[i].len = 1;
    }
    for (int m = 0; m < MERGES;) {
        int pool[] = {'a', 'b', 'c', ' ', 0xc3, 0xa9}, side[2];
        for (int k = 0; k < 2; k++) {
            uint32_t r = next_random(seed);
            side[k] = m > 4 && r % 3 ? 256 + (int)(r / 3) % m : pool[r / 3 % 6];
        }
        size_t a = d->piece[side[0]].len, b = d->piece[side[1]].len;
        char both[128];
        memcpy(both, d->piece[side[0]].bytes, a);
        memcpy(both + a, d->piece[side[1]].bytes, b);
        if (a + b > sizeof d->piece[0].bytes || drawn_has(d, 256 + m, both, a + b))
            continue;
        memcpy(d->piece[256 + m].bytes, both, a + b);
        d->piece[256 + m].len = a + b;
        d->left[m] = side[0];
        d->right[m] = side[1];
        m++;
    }
}

static void add_pair(struct buf *b, const struct drawn *d, int m, const char *between)
{
    add_mapped(b, d->piece[d->left[m]].bytes, d->piece[d->left[m]].len);
    buf_adds(b, between);
    add_mapped(b, d->piece[d->right[m]].bytes, d->piece[d->right[m]].len);
}

static void write_drawn(struct drawn *d)
{
    struct buf *all[] = {&d->vocab, &d->merges, &d->json, &d->json_pairs};
    for (int i = 0; i < 4; i++)
        buf_init(all[i], 1 << 20);
    for (int i = 0; i < COUNT; i++) {
        buf_adds(&d->vocab, i ? ",\"" : "{\"");
        add_mapped(&d->vocab, d->piece[i].bytes, d->piece[i].len);
        buf_printf(&d->vocab, "\":%d", i);
    }
    buf_printf(&d->vocab, ",\"<|end|>\":%d}", COUNT);
    buf_adds(&d->merges, "#version: 0.2\n");
    buf_adds(&d->json, "{\"model\":{\"type\":\"BPE\",\"merges\":[");
    buf_adds(&d->json_pairs, "{\"normalizer\":null,\"model\":{\"merges\":[");
    for (int m = 0; m < MERGES; m++) {
        struct buf line;
        buf_init(&line, 4096);
        add_pair(&line, d, m, " ");
        buf_add(&d->merges, line.data, line.len);
        buf_adds(&d->merges, m % 2 ? "\n" : "\r\n");
        buf_printf(&d->json, "%s\"%s\"", m ? "," : "", line.data);
        buf_clear(&line);
        add_pair(&line, d, m, "\",\"");
        buf_printf(&d->json_pairs, "%s[\"%s\"]", m ? ",\n " : "", line.data);
        buf_finish(&line);
    }
    buf_printf(&d->json,
               "],\"vocab\":%s},\"added_tokens\":[{\"id\":%d,\"content\":\"<|end|>\","
               "\"special\":true,\"lstrip\":false},{\"id\":700,\"content\":\"caf\\u00e9\"}],"
               "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false}}",
               d->vocab.data, COUNT);
    buf_printf(&d->json_pairs, "],\"vocab\":%s}}", d->vocab.data);
}

static void finish_drawn(struct drawn *d)
{
    buf_finish(&d->vocab);
    buf_finish(&d->merges);
    buf_finish(&d->json);
    buf_finish(&d->json_pairs);
}

/* GPT-2's loop: the pair of lowest rank, its leftmost place, till none is left. `by_id`: any two
 * whose bytes are a piece. */
static int plain_rank(const struct drawn *d, bool by_id, int a, int b)
{
    for (int m = 0; m < MERGES; m++) {
        size_t n = d->piece[a].len;
        bool pair = d->left[m] == a && d->right[m] == b;
        bool bytes = d->piece[256 + m].len == n + d->piece[b].len &&
                     memcmp(d->piece[256 + m].bytes, d->piece[a].bytes, n) == 0 &&
                     memcmp(d->piece[256 + m].bytes + n, d->piece[b].bytes, d->piece[b].len) == 0;
        if (by_id ? bytes : pair)
            return m;
    }
    return MERGES;
}

static int plain_piece(const struct drawn *d, bool by_id, const char *text, size_t len, int *out)
{
    int n = 0;
    for (size_t i = 0; i < len; i++)
        out[n++] = (unsigned char)text[i];
    for (;;) {
        int best = MERGES, at = 0;
        for (int i = 0; i + 1 < n; i++) {
            int rank = plain_rank(d, by_id, out[i], out[i + 1]);
            if (rank < best) {
                best = rank;
                at = i;
            }
        }
        if (best == MERGES)
            return n;
        out[at] = 256 + best;
        memmove(out + at + 1, out + at + 2, (size_t)(n - at - 2) * sizeof *out);
        n--;
    }
}

static void check_text(const struct drawn *d, const struct tokenizer *t, bool by_id,
                       const char *text, size_t len)
{
    static int want[TEXT];
    struct ids ids = {0};
    int n = 0, same = 0;
    for (size_t at = 0, k; at < len; at += k) {
        k = pretoken_next(text + at, len - at);
        n += plain_piece(d, by_id, text + at, k, want + n);
    }
    CHECK(tokenizer_encode(t, text, len, &ids, NULL));
    for (size_t i = 0; i < ids.len && i < (size_t)n; i++)
        same += ids.id[i] == want[i];
    CHECK(ids.len == (size_t)n && same == n);
    ids_finish(&ids);
}

static void check_texts(const struct drawn *d, const struct tokenizer *t, bool by_id,
                        uint32_t *seed)
{
    char text[400];
    if (!CHECK(t != NULL))
        return;
    for (int round = 0; round < 60; round++) {
        size_t len = next_random(seed) % sizeof text;
        for (size_t i = 0; i < len; i++) {
            uint32_t r = next_random(seed);
            text[i] = r % 50 == 0 ? (char)(r / 50) : "aaabbc \xc3\xa9"[r / 50 % 9];
        }
        check_text(d, t, by_id, text, len);
    }
}

static struct tokenizer *from_files(const char *vocab, const char *merges, const char *added,
                                    struct err *e)
{
    struct tokenizer_text v = {vocab, strlen(vocab)}, m = {merges, strlen(merges)};
    struct tokenizer_text a = {added, added ? strlen(added) : 0};
    return tokenizer_from_files(&v, &m, added ? &a : NULL, e);
}

static struct tokenizer *from_json(const char *json, struct err *e)
{
    return tokenizer_from_json(&(struct tokenizer_text){json, strlen(json)}, e);
}

static void test_drawn(uint32_t seed)
{
    static struct drawn d;
    static struct byte_string list[COUNT];
    char name[32];
    snprintf(name, sizeof name, "seed %u", seed);
    CHECK_CASE(name);
    draw_merges(&d, &seed);
    write_drawn(&d);
    for (int i = 0; i < COUNT; i++)
        list[i] = (struct byte_string){d.piece[i].bytes, (uint32_t)d.piece[i].len};
    struct tokenizer *files =
        from_files(d.vocab.data, d.merges.data, "{\"<|more|>\":657,\"<|end|>\":656}", NULL);
    struct tokenizer *json = from_json(d.json.data, NULL);
    struct tokenizer *pairs = from_json(d.json_pairs.data, NULL);
    struct tokenizer *listed = tokenizer_from_list(list, COUNT, NULL);
    check_texts(&d, files, false, &seed);
    check_texts(&d, json, false, &seed);
    check_texts(&d, pairs, false, &seed);
    check_texts(&d, listed, true, &seed);

    size_t len;
    CHECK(tokenizer_id(files, "<|end|>") == 656 && tokenizer_id(files, "<|more|>") == 657);
    CHECK(tokenizer_is_special(files, 656) && !tokenizer_is_special(files, 300));
    CHECK(tokenizer_count(files) == 658 && tokenizer_count(json) == 701);
    CHECK(tokenizer_id(json, "caf\xc3\xa9") == 700 && !tokenizer_is_special(json, 700));
    CHECK(memcmp(tokenizer_piece(json, 700, &len), "caf\xc3\xa9", 5) == 0 && len == 5);
    CHECK(tokenizer_is_special(json, 656) && tokenizer_is_special(pairs, 656));
    CHECK_STR(tokenizer_piece(json, 690, &len), "");
    CHECK(tokenizer_id(json, "a") == -1 && tokenizer_piece(json, -1, &len) && len == 0 &&
          tokenizer_piece(json, 1000000, &len) && len == 0);
    tokenizer_destroy(files);
    tokenizer_destroy(json);
    tokenizer_destroy(pairs);
    tokenizer_destroy(listed);
    finish_drawn(&d);
}

/* --- What is refused --- */

static void test_refused(void)
{
    static const struct {
        const char *vocab, *merges, *added, *words;
    } cases[] = {
        {"{\"a\":0,\"b\":1,\"ab\":2}", "a b\n", NULL, NULL},
        {"{\"#\":0,\"##\":1}", "#version: 0.2\n# #", NULL, NULL},
        {"{\"a\":0,\"b\":1}", "", "{\"<|x|>\":1}", "added_tokens.json: two tokens have the id 1"},
        {"{\"a\":0,\"b\":0}", "", NULL, "vocab.json: two tokens have the id 0"},
        {"{\"a\":0,\"<|x|>\":1}", "", "{\"<|x|>\":2}", "1 and 2 have the same name"},
        {"{\"<\":0,\"|\":1,\"<|\":2,\">\":3,\"|>\":4,\"<||>\":5}", "< |\n| >\n<| |>", NULL, NULL},
        {"{\"a\":-1}", "", NULL, "vocab.json: the id -1"},
        {"{\"a\":1000000}", "", NULL, "vocab.json: the id 1000000"},
        {"{\"a\":1e3}", "", NULL, "vocab.json: an id is not a whole number"},
        {"{\"a\":NaN}", "", NULL, "vocab.json: not valid JSON: Expecting value"},
        {"{\"a\":\"0\"}", "", NULL, "vocab.json: not valid JSON: Expecting a number"},
        {"[]", "", NULL, "vocab.json: not valid JSON: Expecting an object"},
        {"{\"a\":0", "", NULL, "vocab.json: not valid JSON"},
        {"", "", NULL, "vocab.json: not valid JSON: Expecting value"},
        {"{\"a\":0}", "a a\n", NULL, "merges.txt: line 1: the vocabulary lacks"},
        {"{\"a\":0}", "#version: 0.2\naa\n", NULL, "merges.txt: line 2: two tokens"},
        {"{\"a\":0}", "a \n", NULL, "merges.txt: line 1: its two sides"},
        {"{\"a\":0}", "\xff a\n", NULL, "merges.txt: line 1: its two sides"},
        {"{\"a\":0}", "a a a\n", NULL, "merges.txt: line 1: its two sides"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {0};
        CHECK_CASE(cases[i].words ? cases[i].words : cases[i].vocab);
        struct tokenizer *t = from_files(cases[i].vocab, cases[i].merges, cases[i].added, &e);
        CHECK(cases[i].words ? !t && strstr(e.msg, cases[i].words) != NULL : t != NULL);
        tokenizer_destroy(t);
    }
}

static void test_json_refused(void)
{
#define MODEL "\"model\":{\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":"
    static const struct {
        const char *json, *words;
    } cases[] = {
        {"{" MODEL "[\"a b\"]}}", NULL},
        {"{" MODEL "[[\"a\",\"b\"]]},\"pre_tokenizer\":null,\"added_tokens\":[]}", NULL},
        {"{" MODEL "[[\"a\"]]}}", "merges: number 1: two tokens are needed"},
        {"{" MODEL "[[\"a\",\"b\",\"a\"]]}}", "merges: number 1: two tokens are needed"},
        {"{" MODEL "[[\"a\",[\"b\"]]]}}", "Expecting a string"},
        {"{" MODEL "[\"ab\"]}}", "merges: number 1: two tokens with a blank"},
        {"{" MODEL "[\"b a\"]}}", "merges: number 1: the vocabulary lacks"},
        {"{" MODEL "{}}}", "merges: not valid JSON: Expecting an array"},
        {"{\"model\":{\"vocab\":[[\"a\",0.5]],\"merges\":[]}}",
         "vocab: not valid JSON: Expecting an object"},
        {"{\"model\":{\"type\":\"Unigram\"}}", "only BPE"},
        {"{\"model\":{\"vocab\":{}}}", "lacks \"vocab\" or \"merges\""},
        {"{}", "lacks \"vocab\" or \"merges\""},
        {"{\"pre_tokenizer\":{\"type\":\"Metaspace\"}}", "\"Metaspace\""},
        {"{\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true}}", "prefix"},
        {"{\"normalizer\":{\"type\":\"NFC\"}}", "normalizer"},
        {"{" MODEL "[]},\"added_tokens\":[{\"id\":0,\"content\":\"<s>\"}]}",
         "two tokens have the id"},
        {"{" MODEL "[]},\"added_tokens\":[{\"id\":0,\"content\":\"\"}]}", NULL},
        {"{" MODEL "[]},\"added_tokens\":[{\"id\":3}]}", "no content"},
        {"{" MODEL "[]},\"added_tokens\":[{\"content\":\"x\"}]}", "the id -1"},
        {"{" MODEL "[]},\"added_tokens\":[{\"id\":4294967296,\"content\":\"x\"}]}", "4294967296"},
        {"{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "Too deeply nested"},
        {"{} x", "Extra data"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err e = {0};
        CHECK_CASE(cases[i].json);
        struct tokenizer *t = from_json(cases[i].json, &e);
        if (!CHECK(cases[i].words ? !t && strstr(e.msg, cases[i].words) : t != NULL))
            fprintf(stderr, "   %s\n", e.msg);
        CHECK(t || strncmp(e.msg, "tokenizer.json: ", 16) == 0);
        tokenizer_destroy(t);
    }
}

/* --- Long texts, bytes that are missing --- */

/* Doubling merges up to 64 letters; a quadratic way would take minutes for a million. */
static void test_long(void)
{
    enum { N = 1 << 20 };
    struct buf vocab, merges;
    char a[65];
    memset(a, 'a', 64);
    CHECK_CASE("long");
    buf_init(&vocab, 4096);
    buf_init(&merges, 4096);
    for (int id = 0, n = 1; n <= 64; n *= 2, id++)
        buf_printf(&vocab, "%s\"%.*s\":%d", id ? "," : "{", n, a, id);
    buf_addc(&vocab, '}');
    for (int n = 1; n < 64; n *= 2)
        buf_printf(&merges, "%.*s %.*s\n", n, a, n, a);
    struct tokenizer *t = from_files(vocab.data, merges.data, NULL, NULL);
    char *text = malloc(N + 3);
    struct ids ids = {0};
    memset(text, 'a', N + 3);
    CHECK(tokenizer_encode(t, text, N + 3, &ids, NULL));
    CHECK(ids.len == N / 64 + 2 && ids.id[0] == 6 && ids.id[ids.len - 2] == 1 &&
          ids.id[ids.len - 1] == 0);
    memset(text, ' ', N);
    ids.len = 0;
    CHECK(tokenizer_encode(t, text, N, &ids, NULL) && ids.len == 0); /* it has no blank */
    struct err e = {0};
    CHECK(!tokenizer_encode(t, text, (size_t)TOKENIZER_TEXT_MAX + 1, &ids, &e) &&
          e.code == ERR_TOO_LARGE);
    ids_finish(&ids);
    free(text);
    tokenizer_destroy(t);
    buf_finish(&vocab);
    buf_finish(&merges);
}

/* A list whose bytes above 127 became U+FFFD still takes them all. */
static void test_lossy_list(void)
{
    static struct byte_string list[257];
    static char bytes[256];
    size_t n = 0;
    struct ids ids = {0};
    CHECK_CASE("lossy list");
    for (int pass = 0; pass < 2; pass++)
        for (int c = 0; c < 256; c++)
            if (((c >= 33 && c <= 126) || (c >= 161 && c <= 172) || c >= 174) == !pass) {
                bytes[n] = (char)c;
                list[n] = (struct byte_string){&bytes[n], 1};
                if (c >= 128)
                    list[n] = (struct byte_string){"\xef\xbf\xbd", 3};
                n++;
            }
    list[256] = (struct byte_string){"", 0};
    struct tokenizer *t = tokenizer_from_list(list, 257, NULL);
    CHECK(t && tokenizer_encode(t, bytes, 256, &ids, NULL) && ids.len == 256);
    for (size_t i = 0; i < ids.len; i++)
        CHECK(ids.id[i] == (int32_t)i);
    ids_finish(&ids);
    tokenizer_destroy(t);
}

int main(void)
{
    test_split();
    for (uint32_t seed = 1; seed <= 5; seed++)
        test_drawn(seed);
    test_refused();
    test_json_refused();
    test_long();
    test_lossy_list();
    return check_done();
}
