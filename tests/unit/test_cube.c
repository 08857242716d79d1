/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "effects/cube.h"

#define POINTS_2 "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"

static const struct {
    const char *text, *message;
} refused[] = {
    {"", "there is no LUT_1D_SIZE or LUT_3D_SIZE"},
    {"# nothing\n\n", "there is no LUT_1D_SIZE or LUT_3D_SIZE"},
    {"\x89PNG\r\n", "line 1: it is neither a keyword of .cube files nor a colour"},
    {"LUT_3D_SIZE 2\n" POINTS_2 "1 1 1\n",
     "line 10: there are more than the 8 colours of its size"},
    {"LUT_3D_SIZE 2\n0 0 0\n", "there are 1 colours, but its size needs 8"},
    {"LUT_3D_SIZE 66\n", "line 1: the size must be a whole number from 2 to 65"},
    {"LUT_3D_SIZE 1\n", "line 1: the size must be a whole number from 2 to 65"},
    {"LUT_3D_SIZE 2.5\n", "line 1: the size must be a whole number from 2 to 65"},
    {"LUT_3D_SIZE\n", "line 1: the size must be a whole number from 2 to 65"},
    {"LUT_1D_SIZE 65537\n", "line 1: the size must be a whole number from 2 to 65536"},
    {"\nLUT_1D_SIZE 2\nLUT_3D_SIZE 2\n",
     "line 3: there is a second size; files with two tables are not supported"},
    {"0 0 0\nLUT_1D_SIZE 2\n", "line 1: LUT_1D_SIZE or LUT_3D_SIZE must come before the colours"},
    {"LUT_1D_SIZE 2\n0 0 0\nDOMAIN_MIN 0 0 0\n1 1 1\n",
     "line 3: a keyword must come before the colours"},
    {"LUT_1D_SIZE 2\n0 0 0 0\n", "line 2: a colour is three numbers"},
    {"LUT_1D_SIZE 2\n0 0\n", "line 2: a colour is three numbers"},
    {"LUT_1D_SIZE 2\n0 0 1e999\n", "line 2: a colour is three numbers"},
    {"LUT_1D_SIZE 2\n0 0 nan\n", "line 2: a colour is three numbers"},
    {"LUT_1D_SIZE 2\n0,5 0 0\n", "line 2: a colour is three numbers"},
    {"DOMAIN_MIN 0 0\n", "line 1: the domain needs three numbers"},
    {"LUT_3D_INPUT_RANGE 0\n", "line 1: the input range needs two numbers"},
    {"LUT_1D_SIZE 2\nDOMAIN_MIN 0 1 0\n0 0 0\n1 1 1\n", "DOMAIN_MAX must be above DOMAIN_MIN"},
};

static void refuses_with_line_numbers(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct cube c;
        struct err e = {0};
        CHECK_CASE(refused[i].text);
        CHECK(!cube_parse(refused[i].text, strlen(refused[i].text), &c, &e));
        CHECK_STR(e.msg, refused[i].message);
        CHECK(e.code == ERR_INVALID && !c.values);
    }
}

static const struct {
    const char *text;
    bool is_3d;
    int size;
    double in[3], out[3];
} accepted[] = {
    {"LUT_3D_SIZE 2\n" POINTS_2, true, 2, {0.2, 0.5, 0.9}, {0.2, 0.5, 0.9}},
    {"LUT_3D_SIZE 2\n" POINTS_2, true, 2, {-3, 0.5, 7}, {0, 0.5, 1}},
    {"\xef\xbb\xbf# made by hand\r\nTITLE \"a # b\"\r\nLUT_3D_SIZE 2 # both ways\r\n" POINTS_2
     "\r\n",
     true,
     2,
     {1, 0, 0.25},
     {1, 0, 0.25}},
    {"LUT_1D_SIZE 3\n0 0 0\n.25 0.5 1.0\n1 1 1", false, 3, {0.25, 0.25, 0.75}, {0.125, 0.25, 1}},
    {"LUT_1D_SIZE 2\nDOMAIN_MIN -1 0 0\nDOMAIN_MAX 1 2 4\n0 0 0\n1 1 1\n",
     false,
     2,
     {0, 1, 1},
     {0.5, 0.5, 0.25}},
    {"LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0.5 1\n0 0 0\n1e0 +1 1.0E0\n",
     false,
     2,
     {0, 0.75, 1},
     {0, 0.5, 1}},
    {"LUT_1D_SIZE 2\nTITLE a word too many here and more\n\t0 0 0 \n2 -1 1\n",
     false,
     2,
     {1, 1, 1},
     {2, -1, 1}},
};

static void reads(void)
{
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        struct cube c;
        struct err e = {0};
        double out[3];
        CHECK_CASE(accepted[i].text);
        if (!CHECK(cube_parse(accepted[i].text, strlen(accepted[i].text), &c, &e))) {
            fprintf(stderr, "%s\n", e.msg);
            continue;
        }
        CHECK(c.is_3d == accepted[i].is_3d && c.size == accepted[i].size);
        cube_apply(&c, accepted[i].in, out);
        for (int k = 0; k < 3; k++)
            CHECK_NEAR(out[k], accepted[i].out[k], 1e-6);
        cube_finish(&c);
    }
}

/* In a cell whose only other corner is the white one, greys rise straight, and the six orders of
 * red, green and blue are all found. */
static void goes_by_tetrahedra(void)
{
    static const char text[] =
        "LUT_3D_SIZE 2\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n0 0 0\n1 1 1\n";
    struct cube c;
    double out[3];
    CHECK_CASE("tetrahedra");
    CHECK(cube_parse(text, sizeof text - 1, &c, NULL));
    static const double orders[][3] = {{.1, .5, .9}, {.1, .9, .5}, {.5, .1, .9},
                                       {.5, .9, .1}, {.9, .1, .5}, {.9, .5, .1}};
    for (int i = 0; i < 6; i++) {
        cube_apply(&c, orders[i], out);
        CHECK_NEAR(out[0], 0.1, 1e-6); /* the least of them is the share of white */
    }
    cube_apply(&c, (const double[3]){0.5, 0.5, 0.5}, out);
    CHECK_NEAR(out[1], 0.5, 1e-6);
    cube_finish(&c);
}

int main(void)
{
    refuses_with_line_numbers();
    reads();
    goes_by_tetrahedra();
    return check_done();
}
