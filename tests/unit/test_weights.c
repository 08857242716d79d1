/* SPDX-License-Identifier: GPL-3.0-or-later
 * Weight files made here: good ones give the tensors that were put in, and for every way in which a
 * file can lie the error names the tensor and what is wrong. */
#include "check.h"
#include "core/buf.h"
#include "nn/weights.h"
#include "scratch.h"

#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* --- Numbers --- */

static void test_f16(void)
{
    CHECK_CASE("f16");
    int wrong = 0;
    for (uint32_t bits = 0; bits < 65536; bits++) {
        int exponent = (int)(bits >> 10 & 31), mantissa = (int)(bits & 1023);
        double want = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
        if (exponent == 31)
            want = mantissa ? NAN : INFINITY;
        if (bits & 0x8000)
            want = -want;
        float got = f16_to_f32((uint16_t)bits);
        wrong += isnan(want) ? !isnan(got) : got != want || !signbit(got) != !signbit(want);
    }
    CHECK(wrong == 0);
}

static void test_plain_types(void)
{
    static const struct {
        enum dtype type;
        const char *bytes;
        float want;
    } cases[] = {
        {DTYPE_F64, "\0\0\0\0\0\0\xf8\xbf", -1.5f},
        {DTYPE_F32, "\0\0\x20\x40", 2.5f},
        {DTYPE_F16, "\0\xc0", -2},
        {DTYPE_BF16, "\x40\x40", 3},
        {DTYPE_I64, "\xfe\xff\xff\xff\xff\xff\xff\xff", -2},
        {DTYPE_I32, "\0\0\x01\0", 65536},
        {DTYPE_I16, "\0\x80", -32768},
        {DTYPE_I8, "\x80", -128},
        {DTYPE_U8, "\xff", 255},
        {DTYPE_BOOL, "\2", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float got = 77;
        CHECK_CASE(dtype_name(cases[i].type));
        dtype_to_f32(cases[i].type, cases[i].bytes, 1, &got);
        CHECK_NEAR(got, cases[i].want, 0);
        CHECK(dtype_from_name(dtype_name(cases[i].type)) == cases[i].type);
    }
    CHECK(dtype_from_name("F8_E4M3") == DTYPE_COUNT);
}

/* A block of each quantised type with d = 0.5 and m = -3, its bits from a small generator; the
 * formulas are written again here, number by number. */
static void test_blocks(void)
{
    static const struct {
        enum dtype type;
        bool m, fifth, bytes;
        int offset;
    } rows[] = {{DTYPE_Q4_0, false, false, false, 8},
                {DTYPE_Q4_1, true, false, false, 0},
                {DTYPE_Q5_0, false, true, false, 16},
                {DTYPE_Q5_1, true, true, false, 0},
                {DTYPE_Q8_0, false, false, true, 0}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        uint8_t block[2 * 34] = {0};
        float got[64];
        size_t size = dtype_block_bytes(rows[k].type);
        CHECK_CASE(dtype_name(rows[k].type));
        for (size_t i = 0; i < 2 * size; i++)
            block[i] = (uint8_t)(i * 89 + 41 * (i >> 3) + k);
        for (int b = 0; b < 2; b++)
            memcpy(block + (size_t)b * size, "\0\x38\0\xc2", rows[k].m ? 4 : 2);
        dtype_to_f32(rows[k].type, block, 64, got);
        for (size_t i = 0; i < 64; i++) {
            const uint8_t *p = block + i / 32 * size + (rows[k].m ? 4 : 2);
            size_t j = i % 32;
            int q = rows[k].bytes ? (int8_t)p[j] : 0;
            if (!rows[k].bytes) {
                const uint8_t *nibbles = p + (rows[k].fifth ? 4 : 0);
                q = j < 16 ? nibbles[j] & 15 : nibbles[j - 16] >> 4;
                if (rows[k].fifth && p[j / 8] >> j % 8 & 1)
                    q += 16;
            }
            CHECK_NEAR(got[i], 0.5 * (q - rows[k].offset) + (rows[k].m ? -3 : 0), 0);
        }
    }
}

/* --- safetensors --- */

/* A file of this header and so many bytes of data, 0 1 2 ... */
static struct buf tensors_file(const char *header, size_t data)
{
    struct buf b;
    uint64_t n = strlen(header);
    buf_init(&b, 1 << 20);
    buf_add(&b, &n, sizeof n);
    buf_adds(&b, header);
    for (size_t i = 0; i < data; i++)
        buf_addc(&b, (char)i);
    return b;
}

#define A(offsets) "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":" offsets "}"
#define B(offsets) "\"b\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":" offsets "}"

static const struct {
    const char *name, *header;
    size_t data;
    const char *words; /* NULL: the file is good */
} tensors_cases[] = {
    {"good", A("[0,24]") "," B("[24,32]") ",\"__metadata__\":{\"format\":\"pt\"}}  ", 32, NULL},
    {"order is free", A("[8,32]") "," B("[0,8]") "}", 32, NULL},
    {"no tensors", "{}", 0, NULL},
    {"a scalar and an empty one",
     "{\"s\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
     "\"e\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[8,8]}}",
     8, NULL},
    {"unknown fields are skipped",
     "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":[{}]}}", 1, NULL},
    {"overlap", A("[0,24]") "," B("[20,28]") "}", 28, "\"b\": its data overlap those of \"a\""},
    {"the same place twice", A("[0,24]") "," B("[0,8]") "}", 24, "overlap"},
    {"hole", A("[0,24]") "," B("[26,34]") "}", 34, "2 bytes in front of it"},
    {"data behind the last", A("[0,24]") "}", 25, "1 bytes behind the last tensor"},
    {"cut short", A("[0,24]") "}", 23, "tensor \"a\": its data_offsets 0 to 24 are not within"},
    {"far outside", A("[9223372036854775000,9223372036854775024]") "}", 24, "not within"},
    {"too large a number", A("[0,99999999999999999999]") "}", 24, "not two whole numbers"},
    {"backwards", A("[24,0]") "}", 24, "not within"},
    {"negative offset", A("[-1,23]") "}", 24, "not two whole numbers"},
    {"fraction", A("[0,24.0]") "}", 24, "not two whole numbers"},
    {"three offsets", A("[0,24,25]") "}", 24, "not two whole numbers"},
    {"one offset", A("[0]") "}", 24, "not two whole numbers"},
    {"offsets as text", A("\"0\"") "}", 24, "tensor \"a\": its entry is not valid JSON"},
    {"wrong size", A("[0,20]") "}", 20, "needs 24 bytes, its data_offsets hold 20"},
    {"same name", A("[0,24]") ",\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[24,25]}}",
     25, "tensor \"a\": there are two tensors of this name"},
    {"same name, written differently",
     A("[0,24]") ",\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[24,25]}}", 25,
     "two tensors of this name"},
    {"product overflows",
     "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,0]}}", 0,
     "too large"},
    {"bytes overflow",
     "{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
     "too large"},
    {"overflow hidden by a 0",
     "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4,0],\"data_offsets\":[0,0]}}", 0,
     "too large"},
    {"negative dimension", "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2,-3],\"data_offsets\":[0,24]}}",
     24, "its shape"},
    {"five dimensions", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,1]}}",
     1, "at most 4"},
    {"unknown dtype", "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
     "tensor \"a\": its dtype"},
    {"a dtype of ggml", "{\"a\":{\"dtype\":\"Q8_0\",\"shape\":[32],\"data_offsets\":[0,34]}}", 34,
     "its dtype"},
    {"a dtype without end",
     "{\"a\":{\"dtype\":\"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
     "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\",\"shape\":[1],\"data_offsets\":[0,1]}}",
     1, "its dtype"},
    {"no dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "missing"},
    {"dtype twice",
     "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
     "two fields \"dtype\""},
    {"NaN", "{\"a\":{\"dtype\":\"U8\",\"shape\":[NaN],\"data_offsets\":[0,1]}}", 1,
     "tensor \"a\": its entry is not valid JSON: Expecting value"},
    {"no object", "{\"a\":7}", 0, "its entry is not valid JSON"},
    {"a list", "[]", 0, "its header is not valid JSON"},
    {"half a header", "{\"a\":{\"dtype\":\"F32\"", 0, "not valid JSON"},
    {"something behind the header", "{} {}", 0, "Extra data"},
    {"no UTF-8", "{\"\xff\":1}", 0, "Invalid UTF-8"},
    {"empty name", "{\"\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
     "the name of tensor number 1"},
    {"control character",
     "{\"\\u001b[2J\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
     "the name of tensor number 1"},
    {"deep", "{\"a\":{\"x\":[[[[[[[[[[[[[[[[[[[[", 0, "Too deeply nested"},
    {"deep metadata", "{\"__metadata__\":[[[[[[[[[[[[[[[[[[[[", 0, "Too deeply nested"},
};

static void check_refused(struct weights *w, const struct err *e, const char *words)
{
    if (!CHECK(w == NULL && e->code == ERR_INVALID && strstr(e->msg, words) != NULL))
        fprintf(stderr, "   got: %s\n  want: %s\n", e->msg, words);
    weights_destroy(w);
}

static void test_tensors(void)
{
    for (size_t i = 0; i < sizeof tensors_cases / sizeof tensors_cases[0]; i++) {
        struct buf b = tensors_file(tensors_cases[i].header, tensors_cases[i].data);
        struct err e = {0};
        CHECK_CASE(tensors_cases[i].name);
        struct weights *w = weights_from_bytes("model.safetensors", b.data, b.len, &e);
        if (tensors_cases[i].words) {
            check_refused(w, &e, tensors_cases[i].words);
            CHECK(strncmp(e.msg, "model.safetensors: ", 19) == 0);
        } else {
            CHECK(w != NULL);
            weights_destroy(w);
        }
        buf_finish(&b);
    }
}

static void test_good_tensors(void)
{
    struct buf b = tensors_file(tensors_cases[0].header, tensors_cases[0].data);
    struct weights *w = weights_from_bytes("x", b.data, b.len, NULL);
    CHECK_CASE("good tensors");
    if (CHECK(w && weights_count(w) == 2 && !weights_ggml(w))) {
        const struct tensor *a = weights_find(w, "a"), *t = weights_find(w, "b");
        CHECK(a && t && weights_at(w, 0) == a && weights_at(w, 1) == t);
        CHECK(a->ndim == 2 && a->dims[0] == 2 && a->dims[1] == 3 && a->count == 6 &&
              a->bytes == 24 && a->dims[2] == 1);
        CHECK(t->dtype == DTYPE_F16 && *(const uint8_t *)t->data == 24);
        CHECK(weights_find(w, "c") == NULL && weights_find(w, "") == NULL);
    }
    weights_destroy(w);
    buf_finish(&b);
}

/* A thousand names are found, and in the order of the file. */
static void test_many(void)
{
    struct buf header;
    char name[32];
    CHECK_CASE("many");
    buf_init(&header, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_printf(&header, "%c\"t.%d\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
                   i ? ',' : '{', i, 4999 - i, 5000 - i);
    buf_addc(&header, '}');
    struct buf b = tensors_file(header.data, 5000);
    struct weights *w = weights_from_bytes("x", b.data, b.len, NULL);
    int found = 0;
    for (int i = 0; w && i < 5000; i++) {
        snprintf(name, sizeof name, "t.%d", i);
        const struct tensor *t = weights_find(w, name);
        found +=
            t && t == weights_at(w, (size_t)i) && *(const uint8_t *)t->data == (uint8_t)(4999 - i);
    }
    CHECK(found == 5000);
    weights_destroy(w);
    buf_finish(&b);
    buf_finish(&header);
}

/* --- ggml --- */

struct ggml_file { /* what a test may change */
    int32_t head[11];
    int32_t filters[2];
    int32_t tokens;
    int32_t ndim, name_len, type, dims[4];
    const char *name;
    int twice;
};

static const struct ggml_file ggml_good = {
    .head = {5, 1500, 64, 2, 2, 448, 64, 2, 2, 3, 1},
    .filters = {3, 4},
    .tokens = 4,
    .ndim = 2,
    .name_len = 3,
    .type = 8,
    .dims = {64, 2},
    .name = "t.w",
    .twice = 0,
};

static void add_i32(struct buf *b, int32_t v)
{
    buf_add(b, &v, sizeof v);
}

static struct buf ggml_bytes(const struct ggml_file *f)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, "lmgg");
    for (int i = 0; i < 11; i++)
        add_i32(&b, f->head[i]);
    add_i32(&b, f->filters[0]);
    add_i32(&b, f->filters[1]);
    for (int i = 0; i < 12; i++)
        buf_add(&b, "\0\0\x80\x3f", 4);
    add_i32(&b, f->tokens);
    for (int i = 0; i < 4; i++) {
        add_i32(&b, i);
        buf_add(&b, "xyz", (size_t)i);
    }
    for (int n = 0; n <= f->twice; n++) {
        add_i32(&b, f->ndim);
        add_i32(&b, f->name_len);
        add_i32(&b, f->type);
        for (int i = 0; i < f->ndim && i < 4; i++)
            add_i32(&b, f->dims[i]);
        buf_adds(&b, f->name);
        for (int i = 0; i < 4 * 34; i++)
            buf_addc(&b, (char)i);
    }
    return b;
}

static void test_good_ggml(void)
{
    struct buf b = ggml_bytes(&ggml_good);
    struct weights *w = weights_from_bytes("g.bin", b.data, b.len, NULL);
    CHECK_CASE("good ggml");
    if (CHECK(w && weights_ggml(w))) {
        const struct ggml_head *h = weights_ggml(w);
        const struct tensor *t = weights_find(w, "t.w");
        CHECK(h->n_vocab == 5 && h->n_audio_ctx == 1500 && h->n_mels == 3 && h->ftype == 1);
        CHECK(h->token_count == 4 && h->tokens[0].len == 0 && h->tokens[3].len == 3 &&
              memcmp(h->tokens[3].data, "xyz", 3) == 0);
        CHECK(t && t->dtype == DTYPE_Q8_0 && t->dims[0] == 2 && t->dims[1] == 64 &&
              t->count == 128 && t->bytes == 136);
    }
    weights_destroy(w);
    for (size_t n = 0; n < b.len; n++) { /* cut anywhere: an error, but for a cut between tensors */
        struct err e = {0};
        char *part = malloc(n ? n : 1);
        memcpy(part, b.data, n);
        w = weights_from_bytes("g.bin", part, n, &e);
        CHECK(w ? weights_count(w) == 0 : e.code == ERR_INVALID);
        weights_destroy(w);
        free(part);
    }
    buf_finish(&b);
}

static const struct {
    const char *name;
    size_t offset; /* in struct ggml_file */
    int32_t value;
    const char *words;
} ggml_cases[] = {
#define HEAD(i) (offsetof(struct ggml_file, head) + 4 * (i))
    {"no vocabulary", HEAD(0), 0, "n_vocab is 0"},
    {"vocabulary without end", HEAD(0), INT32_MAX, "n_vocab is 2147483647"},
    {"negative context", HEAD(1), -1500, "n_audio_ctx is -1500"},
    {"state", HEAD(2), 65, "multiples"},
    {"heads", HEAD(3), 0, "n_audio_head is 0"},
    {"layers", HEAD(4), 1 << 30, "n_audio_layer"},
    {"mels", HEAD(9), 1 << 30, "n_mels"},
    {"ftype", HEAD(10), -1, "ftype is -1"},
    {"other mels", offsetof(struct ggml_file, filters), 80, "mel filters are 80 x 4"},
    {"negative bins", offsetof(struct ggml_file, filters) + 4, -4, "mel filters"},
    {"bins without end", offsetof(struct ggml_file, filters) + 4, 4000, "cut short in its mel"},
    {"tokens without end", offsetof(struct ggml_file, tokens), INT32_MAX, "lists 2147483647"},
    {"negative tokens", offsetof(struct ggml_file, tokens), -1, "lists -1 tokens"},
    {"too many tokens", offsetof(struct ggml_file, tokens), 5, "tensor number 1"},
    {"100 dimensions", offsetof(struct ggml_file, ndim), 100, "tensor number 1: it has 100 dim"},
    {"no dimensions", offsetof(struct ggml_file, ndim), 0, "it has 0 dimensions"},
    {"negative dimensions", offsetof(struct ggml_file, ndim), -1, "it has -1 dimensions"},
    {"long name", offsetof(struct ggml_file, name_len), INT32_MAX, "its name of 2147483647"},
    {"negative name", offsetof(struct ggml_file, name_len), -3, "its name of -3"},
    {"type", offsetof(struct ggml_file, type), 12, "\"t.w\": its type has the number 12"},
    {"negative type", offsetof(struct ggml_file, type), -1, "its type"},
    {"negative dimension", offsetof(struct ggml_file, dims), -64, "one of its dimensions is -64"},
    {"half a block", offsetof(struct ggml_file, dims), 48, "no whole blocks of Q8_0"},
    {"more than there is", offsetof(struct ggml_file, dims) + 4, 4,
     "needs 272 bytes, the file ends"},
    {"huge", offsetof(struct ggml_file, dims) + 4, INT32_MAX, "the file ends after 136"},
    {"less than there is", offsetof(struct ggml_file, dims) + 4, 1, "tensor number 2"},
    {"the same again", offsetof(struct ggml_file, twice), 1, "\"t.w\": there are two tensors"},
};

static void test_ggml(void)
{
    for (size_t i = 0; i < sizeof ggml_cases / sizeof ggml_cases[0]; i++) {
        struct ggml_file f = ggml_good;
        struct err e = {0};
        CHECK_CASE(ggml_cases[i].name);
        memcpy((char *)&f + ggml_cases[i].offset, &ggml_cases[i].value, 4);
        struct buf b = ggml_bytes(&f);
        check_refused(weights_from_bytes("g.bin", b.data, b.len, &e), &e, ggml_cases[i].words);
        CHECK(strncmp(e.msg, "g.bin: ", 7) == 0);
        buf_finish(&b);
    }
    CHECK_CASE("product overflows");
    struct ggml_file f = ggml_good;
    struct err e = {0};
    f.ndim = 4;
    for (int i = 0; i < 4; i++)
        f.dims[i] = INT32_MAX / 32 * 32;
    struct buf b = ggml_bytes(&f);
    check_refused(weights_from_bytes("g.bin", b.data, b.len, &e), &e, "\"t.w\": its dimensions");
    buf_finish(&b);
}

/* --- Files --- */

static int put_file(const char *dir, const char *name, const void *data, size_t n)
{
    char path[SCRATCH_SIZE + 64];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    return fd;
}

static const struct {
    const char *bytes;
    size_t len;
    const char *words;
} strangers[] = {
    {"", 0, "the file is empty"},
    {"1234567", 7, "7 bytes are too short"},
    {"\0\0\0\0\0\0\0\x80{}", 10, "9223372036854775808 bytes does not fit"},
    {"\3\0\0\0\0\0\0\0{}", 10, "does not fit"},
    {"\1\0\0\x7f\0\0\0\0{}", 10, "does not fit"},
    {"GGUF\3\0\0\0", 8, "GGUF"},
    {"PK\3\4 and so on", 14, "PyTorch"},
    {"version https://git-lfs.github.com/spec/v1\n", 43, "git lfs pull"},
    {"<!DOCTYPE html>", 15, "a web page"},
};

static void test_files(const char *dir)
{
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        struct err e = {0};
        CHECK_CASE(strangers[i].words);
        int fd = put_file(dir, "w", strangers[i].bytes, strangers[i].len);
        struct weights_file file = {"w.safetensors", fd};
        check_refused(weights_open_safetensors(&file, 1, NULL, 0, &e), &e, strangers[i].words);
        CHECK(strncmp(e.msg, "w.safetensors: ", 15) == 0);
        check_refused(weights_open_ggml(&file, &e), &e, "w.safetensors: ");
        close(fd);
    }
    CHECK_CASE("folder");
    struct err e = {0};
    struct weights_file folder = {"w", open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    check_refused(weights_open_ggml(&folder, &e), &e, "w: not a plain file");
    close(folder.fd);
}

static const struct {
    const char *index, *words;
} index_cases[] = {
    {"{\"metadata\":{\"total_size\":9},\"weight_map\":{\"a\":\"1\",\"b\":\"2\"}}", NULL},
    {"{\"weight_map\":{\"a\":\"1\"}}", NULL},
    {"{\"weight_map\":{\"a\":\"2\"}}", "tensor \"a\" is in \"1\", not in \"2\""},
    {"{\"weight_map\":{\"a\":\"../1\"}}", "not in \"../1\""},
    {"{\"weight_map\":{\"c\":\"1\"}}", "tensor \"c\" is in no shard"},
    {"{\"weight_map\":[]}", "not valid JSON"},
    {"{\"weight_map\":{\"a\":1}}", "not valid JSON"},
    {"{}", "no \"weight_map\""},
    {"", "not valid JSON"},
};

static void test_shards(const char *dir)
{
    struct buf one = tensors_file(A("[0,24]") "}", 24), two = tensors_file("{" B("[0,8]") "}", 8);
    struct weights_file files[2] = {{"1", put_file(dir, "1", one.data, one.len)},
                                    {"2", put_file(dir, "2", two.data, two.len)}};
    for (size_t i = 0; i < sizeof index_cases / sizeof index_cases[0]; i++) {
        struct err e = {0};
        const char *index = index_cases[i].index;
        CHECK_CASE(index);
        struct weights *w = weights_open_safetensors(files, 2, index, strlen(index), &e);
        if (index_cases[i].words) {
            check_refused(w, &e, index_cases[i].words);
        } else {
            CHECK(w && weights_count(w) == 2 && weights_find(w, "a") && weights_find(w, "b"));
            weights_destroy(w);
        }
    }
    CHECK_CASE("the same tensor in two shards");
    struct err e = {0};
    struct weights_file same[2] = {files[0], {"3", files[0].fd}};
    check_refused(weights_open_safetensors(same, 2, NULL, 0, &e), &e,
                  "3: tensor \"a\": there are two");
    close(files[0].fd);
    close(files[1].fd);
    buf_finish(&one);
    buf_finish(&two);
}

int main(void)
{
    char dir[SCRATCH_SIZE];
    test_f16();
    test_plain_types();
    test_blocks();
    test_tensors();
    test_good_tensors();
    test_many();
    test_good_ggml();
    test_ggml();
    if (CHECK(scratch_make(dir))) {
        test_files(dir);
        test_shards(dir);
        scratch_remove(dir);
    }
    return check_done();
}
