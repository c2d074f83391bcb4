/* Diagrams as SVG: axes, linear or logarithmic, with lines, areas and bars on them. */
#ifndef CM_CLI_PLOT_SVG_H
#define CM_CLI_PLOT_SVG_H

#include <stddef.h>
#include <stdio.h>

typedef struct cm_plot_axis {
    const char *name;
    double low, high;
    int logarithmic; /* low > 0 */
    int percent;     /* labels are percentages */
} cm_plot_axis;

typedef struct cm_plot_point {
    double x, y;
} cm_plot_point;

typedef struct cm_plot {
    FILE *stream;
    const char *title;
    cm_plot_axis x, y;
    int alone; /* 1: a file of its own, which brings its colours; 0: part of a page that has them (cm_plot_style) */
} cm_plot;

/* Colours and lines of diagrams, as CSS. */
extern const char cm_plot_style[];

/* Opens the picture, draws frame, grid, labels. Errors stay in the stream, as everywhere here. */
void cm_plot_begin(const cm_plot *plot);
/* A line through [count] points, what lies outside of the axes is cut off. class: "curve", "curve second", "area", "area second", "mark"; areas are filled
 * down to the x axis. */
void cm_plot_line(const cm_plot *plot, const cm_plot_point *points, size_t count, const char *class);
/* A dot with the interval low..high of its y. */
void cm_plot_interval(const cm_plot *plot, cm_plot_point point, double low, double high);
/* A text at a point, to its right. */
void cm_plot_label(const cm_plot *plot, cm_plot_point point, const char *text);
void cm_plot_end(const cm_plot *plot);

#endif
