/* SPDX-License-Identifier: GPL-3.0-or-later
 * Files that try to make the reader open other files or addresses, or to eat the machine.
 *
 * The functions by which a library opens anything are replaced here by ones that count and refuse,
 * so "no foreign file was opened" is observed, not inferred. That nothing hangs is the test's own
 * limit of time.
 */
#undef _FILE_OFFSET_BITS /* it renames open() to open64(), and both are replaced below */

#include "check.h"
#include "media/image.h"
#include "unit/synth_remux.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

static int opened;

/* NOLINTBEGIN: the names are libc's */
int open(const char *path, int flags, ...)
{
    (void)path;
    (void)flags;
    opened++;
    errno = EACCES;
    return -1;
}

int open64(const char *path, int flags, ...)
{
    return open(path, flags);
}

int openat(int dir, const char *path, int flags, ...)
{
    (void)dir;
    return open(path, flags);
}

FILE *fopen(const char *path, const char *mode)
{
    (void)mode;
    open(path, 0);
    return NULL;
}

FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}

int socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    return open("socket", 0);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **res)
{
    (void)node;
    (void)service;
    (void)hints;
    (void)res;
    open("name", 0);
    return EAI_FAIL;
}
/* NOLINTEND */

static int file_of(const void *data, size_t size)
{
    int fd = synth_fd();

    if (write(fd, data, size) != (ssize_t)size)
        abort();
    return fd;
}

/* --- Text that names other things --- */
struct text_case {
    const char *name, *text;
};

static const struct text_case texts[] = {
    {"hls to a file", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///tmp/secret.ts\n"
                      "#EXT-X-ENDLIST\n"},
    {"hls master to passwd", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/passwd\n"},
    {"hls master to http",
     "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://127.0.0.1:9/child.m3u8\n"},
    {"hls key", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-KEY:METHOD=AES-128,URI="
                "\"http://127.0.0.1:9/key\"\n#EXTINF:10,\nsegment.ts\n#EXT-X-ENDLIST\n"},
    {"hls itself", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nself.m3u8\n"},
    {"ffconcat", "ffconcat version 1.0\nfile secret.mp4\nduration 10\n"},
    {"ffconcat absolute", "ffconcat version 1.0\nfile /etc/passwd\n"},
    {"dash", "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
             "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" type=\"static\" "
             "mediaPresentationDuration=\"PT10S\"><Period><AdaptationSet mimeType=\"video/mp4\">"
             "<Representation id=\"1\" bandwidth=\"1\"><BaseURL>http://127.0.0.1:9/x.mp4</BaseURL>"
             "</Representation></AdaptationSet></Period></MPD>\n"},
    {"sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
            "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"},
    {"svg",
     "<?xml version=\"1.0\"?>\n<!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n"
     "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
     "<image xlink:href=\"http://127.0.0.1:9/x.png\"/>&x;</svg>\n"},
    {"pls", "[playlist]\nFile1=http://127.0.0.1:9/x\nNumberOfEntries=1\nVersion=2\n"},
    {"srt",
     "1\n00:00:01,000 --> 00:00:02,000\nHello there\n\n2\n00:00:03,000 --> 00:00:04,000\nx\n"},
    {"webvtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"},
    {"ass",
     "[Script Info]\nScriptType: v4.00+\n\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,,x\n"},
    {"html", "<!DOCTYPE html><html><script>alert(1)</script></html>\n"},
    {"rtsp", "rtsp://127.0.0.1:9/x\nrtsp://127.0.0.1:9/y\n"},
    {"cue sheet", "FILE \"/etc/passwd\" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n"},
    {"concat of images", "ffconcat version 1.0\nfile /etc/passwd\noption pattern_type glob\n"},
    {"image pattern", "/etc/%d.png\n/etc/*.png\nframe-%03d.jpg\n"},
    {"xpm", "/* XPM */\nstatic char *x[] = {\n\"99999 99999 2 1\",\n\"a c #000000\"};\n"},
    {"pixmap", "P6\n60000 60000\n255\nxxxxxxxxxxxxxxxx"},
    {"mvg", "push graphic-context\nfill 'url(https://127.0.0.1/x|ls)'\npop graphic-context\n"},
    {"imovie of files", "<?xml version=\"1.0\"?><!DOCTYPE imf SYSTEM \"file:///etc/passwd\">"
                        "<AssetMap xmlns=\"http://www.smpte-ra.org/schemas/429-9/2007/AM\"/>\n"},
    {"plain words", "It was the best of times, it was the worst of times, it was the age of\n"},
};

static void check_refused(const char *name, int fd, enum err_code want)
{
    struct media_info info;
    struct err e = {0};

    CHECK_CASE(name);
    opened = 0;
    CHECK(!media_probe(fd, &info, NULL, &e));
    CHECK(e.code == want);
    CHECK(!video_reader_create(fd, NULL, &e));
    CHECK(!audio_reader_create(fd, 48000, 2, NULL, &e));
    CHECK(opened == 0);
    close(fd);
}

static void test_texts(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_refused(texts[i].name, file_of(texts[i].text, strlen(texts[i].text)),
                      ERR_UNSUPPORTED);
}

static void test_scraps(void)
{
    static const uint8_t ftyp[24] = "\0\0\0\x18"
                                    "ftypmp42\0\0\0\0mp42isom";

    check_refused("zero bytes", file_of("", 0), ERR_INVALID);
    check_refused("one byte", file_of("x", 1), ERR_INVALID);
    check_refused("only ftyp", file_of(ftyp, sizeof ftyp), ERR_INVALID);
}

/* --- Images --- */
#define PNG_HEAD "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
#define PNG_DATA "\0\0\0\x10IDAT\x78\x9c\xed\xc1\1\1\0\0\0\x80\x90\xfe\xaf\xee\x08\0\0\0\0"
#define PNG_END "\0\0\0\0IEND\xae\x42\x60\x82"
#define JPEG_HEAD "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
#define JPEG_SCAN "\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0"

struct bytes_case {
    const char *name, *bytes;
    size_t size;
};

#define BYTES(name, text)                                                                          \
    {                                                                                              \
        name, text, sizeof(text) - 1                                                               \
    }

static const struct bytes_case images[] = {
    BYTES("png of 4 gigapixels",
          PNG_HEAD "\0\0\xff\xff\0\0\xff\xff\x08\6\0\0\0\0\0\0\0" PNG_DATA PNG_END),
    BYTES("png of 900 megapixels in 1 bit",
          PNG_HEAD "\0\0\x75\x30\0\0\x75\x30\1\0\0\0\0\0\0\0\0" PNG_DATA PNG_END),
    BYTES("png of 2 to 31 columns",
          PNG_HEAD "\x7f\xff\xff\xff\0\0\0\1\x08\2\0\0\0\0\0\0\0" PNG_DATA PNG_END),
    BYTES("png of no size", PNG_HEAD "\0\0\0\0\0\0\0\0\x08\6\0\0\0\0\0\0\0" PNG_DATA PNG_END),
    BYTES("png of a huge chunk", PNG_HEAD "\0\0\0\x10\0\0\0\x10\x08\6\0\0\0\0\0\0\0\x7f\xff\xff\xff"
                                          "IDATxxxxxxxx"),
    BYTES("png without data", PNG_HEAD "\0\0\0\x10\0\0\0\x10\x08\6\0\0\0\0\0\0\0" PNG_END),
    BYTES("jpeg of 4 gigapixels", JPEG_HEAD "\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\0\3"
                                            "\x11\0" JPEG_SCAN "xxxxxxxx\xff\xd9"),
    BYTES("jpeg of 200 components",
          JPEG_HEAD "\xff\xc0\0\x11\x08\0\x10\0\x10\xc8\1\x22\0\2\x11\0\3\x11\0" JPEG_SCAN
                    "xxxxxxxx\xff\xd9"),
    BYTES("webp of 2 to 28 pixels and animated",
          "RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\xff\xff\xff\xff\xff\xff"
          "ANIM\6\0\0\0\0\0\0\0\0\0ANMF\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    BYTES("webp of a lying length",
          "RIFF\xff\xff\xff\x7fWEBPVP8L\xff\xff\xff\x7f\x2f\0\0\0\0xxxxxxxx"),
    BYTES("gif of 65535 x 65535",
          "GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\2\x4c\1\0;"),
    BYTES("bmp of 65535 x 65535",
          "BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xff\xff\0\0\xff\xff\0\0\1\0"
          "\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
};

static void test_images(void)
{
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        const struct bytes_case *c = &images[i];
        int fd = file_of(c->bytes, c->size);
        struct media_info info;
        struct err e = {0};

        CHECK_CASE(c->name);
        opened = 0;
        CHECK(!media_read_image(fd, 1000, 1000, NULL, &e));
        CHECK(e.code == ERR_INVALID || e.code == ERR_UNSUPPORTED);
        CHECK(!media_probe(fd, &info, NULL, &e));
        CHECK((e.code == ERR_INVALID || e.code == ERR_UNSUPPORTED) && e.msg[0]);
        CHECK(!video_reader_create(fd, NULL, NULL));
        CHECK(opened == 0);
        close(fd);
    }
}

/* --- Numbers meant to eat the machine --- */

/* A copy of a good film in which `size` bytes after each occurrence of `type` + skip are replaced.
 */
static int patched(int fd, const char *type, size_t skip, const char *bytes, size_t size)
{
    size_t n = (size_t)lseek(fd, 0, SEEK_END);
    uint8_t *data = malloc(n), *at = data;
    int copy;

    if (pread(fd, data, n, 0) != (ssize_t)n)
        abort();
    while ((at = memmem(at, n - (size_t)(at - data), type, strlen(type)))) {
        if (at + skip + size <= data + n)
            memcpy(at + skip, bytes, size);
        at += 4;
    }
    copy = file_of(data, n);
    free(data);
    return copy;
}

struct patch_case {
    const char *name, *type;
    size_t skip;
    const char *bytes;
    size_t size;
};

/* Offsets count from the box's type. */
static const struct patch_case patches[] = {
    {"65535 x 65535", "avc1", 28, "\xff\xff\xff\xff", 4},
    {"16000 x 16000", "avc1", 28, "\x3e\x80\x3e\x80", 4},
    {"endless duration", "mvhd", 20, "\xff\xff\xff\xfe", 4},
    {"time scale 0", "mdhd", 16, "\0\0\0\0", 4},
    {"time scale 1", "mdhd", 16, "\0\0\0\1", 4},
    {"time scale huge", "mdhd", 16, "\x7f\xff\xff\xff", 4},
    {"huge sample count", "stsz", 12, "\x7f\xff\xff\xff", 4},
    {"huge sample size", "stsz", 8, "\x7f\xff\xff\xff", 4},
    {"huge stts count", "stts", 8, "\x7f\xff\xff\xff", 4},
    {"huge stts delta", "stts", 16, "\x7f\xff\xff\xff", 4},
    {"huge stco count", "stco", 8, "\x7f\xff\xff\xff", 4},
    {"chunk out of file", "stco", 12, "\x7f\xff\xff\xff", 4},
    {"huge box", "stbl", (size_t)-4, "\x7f\xff\xff\xff", 4},
    {"many channels", "mp4a", 20, "\xff\xff", 2},
    {"broken parameter sets", "avcC", 12, "\xff\xff\xff\xff\xff\xff\xff\xff", 8},
    {"matrix of extremes", "tkhd", 44, "\x80\0\0\0\x80\0\0\0\x80\0\0\0\x80\0\0\0\x80\0\0\0", 20},
    {"no matrix", "tkhd", 44, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20},
    {"samples of no width", "pasp", 4, "\0\0\0\0\xff\xff\xff\xff", 8},
    {"unknown colours", "colr", 4, "nclx\xff\xff\xff\xff\xff\xff\xff", 11},
    {"identity matrix", "colr", 4, "nclx\0\1\0\1\0\0\0", 11},
    {"infinite matrix", "tkhd", 44, "\x7f\xff\xff\xff\x7f\xff\xff\xff\x7f\xff\xff\xff", 12},
};

/* Whatever happens, it is an answer: figures that make sense, or a refusal in words. */
static void check_answer(const char *name, int fd)
{
    struct media_info info;
    struct err e = {0};

    CHECK_CASE(name);
    opened = 0;
    if (media_probe(fd, &info, NULL, &e)) {
        struct video_reader *r = info.has_video ? video_reader_create(fd, NULL, &e) : NULL;
        CHECK(isfinite(info.duration) && info.duration > 0 && info.duration < 7 * 24 * 3600.0);
        CHECK(isfinite(info.fps) && info.fps >= 0 && info.bit_rate >= 0);
        CHECK(info.width >= 0 && info.width <= 65536 && info.height <= 65536);
        for (int i = 0; r && i < 5; i++)
            synth_number_at(r, i * TICKS_PER_SECOND / 3, &e);
        video_reader_destroy(r);
    } else {
        CHECK(e.code == ERR_INVALID || e.code == ERR_UNSUPPORTED);
        CHECK(e.msg[0] != '\0');
    }
    CHECK(opened == 0);
    close(fd);
}

static int good_film(void)
{
    static const int lengths[] = {40};
    struct err e = {0};
    struct synth_film f = {
        .fps_num = 30, .fps_den = 1, .lengths = lengths, .chunks = 1, .sound_samples = 60000};

    return synth_mp4(f, NULL, 0, &e);
}

static void test_numbers(void)
{
    struct media_info info;
    struct err e = {0};
    int good = good_film(), fd;

    CHECK_CASE("good");
    CHECK(media_probe(good, &info, NULL, &e));
    for (size_t i = 0; i < sizeof patches / sizeof patches[0]; i++) {
        const struct patch_case *p = &patches[i];
        check_answer(p->name, patched(good, p->type, p->skip, p->bytes, p->size));
    }
    fd = patched(good, "avc1", 28, "\x3e\x80\x3e\x80", 4);
    CHECK_CASE("too many pixels");
    CHECK(!media_probe(fd, &info, NULL, &e));
    CHECK(e.code == ERR_INVALID && strstr(e.msg, "too_many_pixels"));
    close(fd);
    close(good);
}

/* The external-reference kind of MOV: the samples are said to be in another file. */
static void test_foreign_samples(void)
{
    int good = good_film();
    int fd = patched(good, "url ", 4, "\0\0\0\0/etc/passwd", 4);

    check_answer("external dref", fd);
    close(good);
}

static int64_t steady_30(int i)
{
    return i * INT64_C(1000000) / 30;
}

static int64_t steady_sound(int k)
{
    return k * INT64_C(1024000000) / 48000;
}

/* Random damage: no crash, no hang, no foreign file. */
static void test_damage(void)
{
    static const char *const containers[] = {"mp4", "matroska", "mpegts", "avi", "flv"};
    unsigned seed = 4711;
    struct err e = {0};
    struct h264_settings s = synth_settings(30, 1);
    int chunk = synth_chunk(&s, 0, 40, &e), sound = synth_sound(60000, &e);

    for (int c = 0; c < 5; c++) {
        int good = remux(containers[c], "", chunk, steady_30, sound, steady_sound);
        size_t n = (size_t)lseek(good, 0, SEEK_END);
        uint8_t *data = malloc(n);

        CHECK(good >= 0);
        for (int round = 0; round < 30; round++) {
            if (pread(good, data, n, 0) != (ssize_t)n)
                abort();
            for (int hit = 0; hit < 1 + round; hit++) {
                seed = seed * 1103515245 + 12345;
                /* Half of the blows fall on the head, where the structure is. */
                data[(seed >> 3) % (hit % 2 ? n : n < 2000 ? n : 2000)] = (uint8_t)(seed >> 24);
            }
            check_answer(containers[c], file_of(data, n));
        }
        free(data);
        close(good);
    }
    close(chunk);
    close(sound);
}

int main(void)
{
    AVIOContext *pb = NULL;

    media_init();
    /* The counters have teeth. */
    CHECK(avio_open(&pb, "file:/etc/hostname", AVIO_FLAG_READ) < 0 && opened > 0);
    opened = 0;
    CHECK(avio_open(&pb, "http://127.0.0.1:9/", AVIO_FLAG_READ) < 0 && opened > 0);
    test_texts();
    test_scraps();
    test_images();
    test_numbers();
    test_foreign_samples();
    test_damage();
    return check_done();
}
