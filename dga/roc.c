/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/roc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Pixels. */
enum {
	WIDTH = 760,
	LEFT = 72,
	RIGHT = WIDTH - 28,
	TOP = 56,
	BOTTOM = 436,
	LEGEND_TOP = BOTTOM + 76, /* below the picture: no curve runs through it */
	LEGEND_STEP = 22,
};

/* Curves differ in dashes as well as in colour: not everybody sees colours. */
static const char style[] =
	"<style>\n"
	"svg{--paper:#fff;--ink:#222;--grid:#ddd;font:14px system-ui,sans-serif}\n"
	".c0{--line:#0b62a4}.c1{--line:#b8480c}.c2{--line:#23793a}.c3{--line:#7a3fa0}\n"
	".c4{--line:#555}.c5{--line:#946200}.c6{--line:#a5244f}.c7{--line:#0a7478}\n"
	"@media (prefers-color-scheme:dark){svg{--paper:#16181c;--ink:#e6e6e6;--grid:#3a3d44}\n"
	".c0{--line:#6db7f2}.c1{--line:#f29b66}.c2{--line:#7fd196}.c3{--line:#c79be8}\n"
	".c4{--line:#aaa}.c5{--line:#e0b64f}.c6{--line:#f28aae}.c7{--line:#5fcfd3}}\n"
	"text{fill:var(--ink)}.paper{fill:var(--paper)}.frame{fill:none;stroke:var(--ink)}\n"
	".grid{stroke:var(--grid)}.curve{fill:none;stroke:var(--line);stroke-width:2.2}\n"
	".c1{stroke-dasharray:9 4}.c2{stroke-dasharray:3 3}.c3{stroke-dasharray:10 3 2 3}\n"
	".c4{stroke-dasharray:1 4}.c5{stroke-dasharray:14 5}.c6{stroke-dasharray:6 2 2 2 2 2}\n"
	".c7{stroke-dasharray:2 6}\n"
	"</style>\n";

static double x_of(size_t point)
{
	return LEFT + (double)(RIGHT - LEFT) * (double)point / (MEASURE_POINTS - 1);
}

static double y_of(double found)
{
	return BOTTOM - (BOTTOM - TOP) * found;
}

static void write_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '<' || *text == '>' || *text == '&' || *text == '"')
			fprintf(f, "&#%d;", *text);
		else
			fputc(*text >= ' ' && *text <= '~' ? *text : '?', f);
	}
}

static void write_frame(FILE *f)
{
	const size_t decade = (MEASURE_POINTS - 1) / MEASURE_DECADES;
	for (size_t i = 0; i <= MEASURE_DECADES; i++) {
		double x = x_of(i * decade);
		fprintf(f, "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
			x, TOP, x, BOTTOM);
		fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x, BOTTOM + 20);
		if (i == MEASURE_DECADES)
			fprintf(f, "1</text>\n");
		else
			fprintf(f, "1e-%zu</text>\n", MEASURE_DECADES - i);
	}
	for (int percent = 0; percent <= 100; percent += 20) {
		double y = y_of(percent / 100.0);
		fprintf(f, "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n",
			LEFT, y, RIGHT, y);
		fprintf(f, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n", LEFT - 8,
			y + 5, percent);
	}
	fprintf(f, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT,
		TOP, RIGHT - LEFT, BOTTOM - TOP);
	fprintf(f,
		"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">false positive rate: the share of "
		"benign names over the threshold</text>\n",
		(LEFT + RIGHT) / 2, BOTTOM + 46);
	fprintf(f,
		"<text transform=\"translate(22 %d) rotate(-90)\" text-anchor=\"middle\">generated "
		"names found, %%</text>\n",
		(TOP + BOTTOM) / 2);
}

static void write_curve(FILE *f, const struct roc_curve *c, size_t i)
{
	char letter = 'M';
	fprintf(f, "<path class=\"curve c%zu\" d=\"", i);
	for (size_t k = 0; k < MEASURE_POINTS; k++) {
		if (!(c->found[k] >= 0))
			continue;
		fprintf(f, "%c%.1f %.1f", letter, x_of(k), y_of(c->found[k]));
		letter = 'L';
	}
	fprintf(f, "\"/>\n");
}

static void write_legend(FILE *f, const struct roc_curve *curves, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int y = LEGEND_TOP + LEGEND_STEP * (int)i;
		fprintf(f, "<path class=\"curve c%zu\" d=\"M%d %dh40\"/>\n", i, LEFT, y);
		fprintf(f, "<text x=\"%d\" y=\"%d\">", LEFT + 50, y + 5);
		write_text(f, curves[i].name);
		fprintf(f, "</text>\n");
	}
}

static void write_picture(FILE *f, const char *title, const struct roc_curve *curves, size_t n)
{
	int height = LEGEND_TOP + LEGEND_STEP * (int)n;
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" role=\"img\">\n<title>",
		WIDTH, height, WIDTH, height);
	write_text(f, title);
	fprintf(f,
		"</title>\n%s<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n"
		"<text x=\"%d\" y=\"34\" font-size=\"17\">",
		style, WIDTH, height, LEFT);
	write_text(f, title);
	fprintf(f, "</text>\n");
	write_frame(f);
	for (size_t i = n; i; i--)
		write_curve(f, &curves[i - 1], i - 1);
	write_legend(f, curves, n);
	fprintf(f, "</svg>\n");
}

int roc_write(const char *file, const char *title, const struct roc_curve *curves, size_t n,
	struct err *why)
{
	FILE *f = fopen(file, "w");
	if (!f)
		return err_set(why, -errno, "%s: %s", file, strerror(errno));
	write_picture(f, title, curves, n < ROC_CURVES_MAX ? n : ROC_CURVES_MAX);
	bool is_bad = ferror(f) || fflush(f);
	int failed = errno;
	if (fclose(f) && !is_bad) {
		is_bad = true;
		failed = errno;
	}
	return is_bad ? err_set(why, -failed, "%s: %s", file, strerror(failed)) : 0;
}
