#include "plot_svg.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 640, HEIGHT = 400, LEFT = 64, RIGHT = 20, TOP = 36, BOTTOM = 48, MOST_TICKS = 40 };

const char cm_plot_style[] =
    ".plot text{font:12px system-ui,sans-serif;fill:#57606a}.plot .title{font-size:14px;font-weight:600;fill:#1f2328}.plot .frame{fill:none;stroke:#8c959f}"
    ".plot .grid{stroke:#d0d7de;stroke-width:.7}.plot .curve{fill:none;stroke:#0969da;stroke-width:2}.plot .curve.second{stroke:#bc4c00}"
    ".plot .area{fill:#0969da;fill-opacity:.3;stroke:#0969da;stroke-width:1.2}.plot .area.second{fill:#bc4c00;stroke:#bc4c00}"
    ".plot .mark{fill:none;stroke:#57606a;stroke-dasharray:4 3}.plot .bar{stroke:#0969da;stroke-width:1.4}.plot .dot{fill:#0969da}";

static double share(const cm_plot_axis *axis, double value)
{
    if (axis->logarithmic)
        return value > 0 ? log(value / axis->low) / log(axis->high / axis->low) : -1;
    return (value - axis->low) / (axis->high - axis->low);
}

static double clip(double part)
{
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

static double place_x(const cm_plot *plot, double value)
{
    return LEFT + clip(share(&plot->x, value)) * (WIDTH - LEFT - RIGHT);
}

static double place_y(const cm_plot *plot, double value)
{
    return HEIGHT - BOTTOM - clip(share(&plot->y, value)) * (HEIGHT - TOP - BOTTOM);
}

/* Round numbers between the ends: powers of ten, or multiples of 1, 2 or 5. */
static int ticks_of(const cm_plot_axis *axis, double ticks[MOST_TICKS])
{
    int count = 0;
    if (axis->logarithmic) {
        for (double power = ceil(log10(axis->low) - 1e-9); power <= log10(axis->high) + 1e-9 && count < MOST_TICKS; power++)
            ticks[count++] = pow(10, power);
        return count;
    }
    double raw = (axis->high - axis->low) / 7, step = pow(10, floor(log10(raw)));
    step *= raw / step > 5 ? 10 : raw / step > 2 ? 5 : raw / step > 1 ? 2 : 1;
    for (double value = ceil(axis->low / step - 1e-9); value * step <= axis->high + step * 1e-6 && count < MOST_TICKS; value++)
        ticks[count++] = value * step;
    return count;
}

static void tick_text(const cm_plot_axis *axis, double value, char *text, size_t size)
{
    double shown = axis->percent ? 100 * value : value;
    snprintf(text, size, "%.6g%s", fabs(shown) < 1e-12 ? 0 : shown, axis->percent ? " %" : "");
}

static void draw_ticks(const cm_plot *plot)
{
    double ticks[MOST_TICKS];
    char text[32];
    int count = ticks_of(&plot->x, ticks);
    for (int i = 0; i < count; i++) {
        double x = place_x(plot, ticks[i]);
        tick_text(&plot->x, ticks[i], text, sizeof text);
        fprintf(plot->stream, "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x, TOP, HEIGHT - BOTTOM,
                x, HEIGHT - BOTTOM + 17, text);
    }
    count = ticks_of(&plot->y, ticks);
    for (int i = 0; i < count; i++) {
        double y = place_y(plot, ticks[i]);
        tick_text(&plot->y, ticks[i], text, sizeof text);
        fprintf(plot->stream, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT, y, WIDTH - RIGHT,
                LEFT - 6, y + 4, text);
    }
}

void cm_plot_begin(const cm_plot *plot)
{
    fprintf(plot->stream, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", WIDTH, HEIGHT,
            plot->title);
    if (plot->alone)
        fprintf(plot->stream, "<style>%s</style><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", cm_plot_style, WIDTH, HEIGHT);
    draw_ticks(plot);
    fprintf(plot->stream, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    fprintf(plot->stream, "<text class=\"title\" x=\"%d\" y=\"%d\">%s</text>\n", LEFT, TOP - 14, plot->title);
    fprintf(plot->stream, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, plot->x.name);
    fprintf(plot->stream, "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", (TOP + HEIGHT - BOTTOM) / 2, plot->y.name);
}

void cm_plot_line(const cm_plot *plot, const cm_plot_point *points, size_t count, const char *class)
{
    int area = strncmp(class, "area", 4) == 0;
    if (count == 0)
        return;
    fprintf(plot->stream, "<path class=\"%s\" d=\"", class);
    if (area)
        fprintf(plot->stream, "M%.1f %dL", place_x(plot, points[0].x), HEIGHT - BOTTOM);
    for (size_t i = 0; i < count; i++)
        fprintf(plot->stream, "%s%.1f %.1f", i ? " " : area ? "" : "M", place_x(plot, points[i].x), place_y(plot, points[i].y));
    if (area)
        fprintf(plot->stream, " %.1f %dZ", place_x(plot, points[count - 1].x), HEIGHT - BOTTOM);
    fputs("\"/>\n", plot->stream);
}

void cm_plot_interval(const cm_plot *plot, cm_plot_point point, double low, double high)
{
    double x = place_x(plot, point.x);
    if (!isnan(low))
        fprintf(plot->stream, "<path class=\"bar\" d=\"M%.1f %.1fV%.1fM%.1f %.1fh8M%.1f %.1fh8\"/>\n", x, place_y(plot, low), place_y(plot, high), x - 4,
                place_y(plot, low), x - 4, place_y(plot, high));
    fprintf(plot->stream, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", x, place_y(plot, point.y));
}

void cm_plot_label(const cm_plot *plot, cm_plot_point point, const char *text)
{
    fprintf(plot->stream, "<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", place_x(plot, point.x) + 4, place_y(plot, point.y), text);
}

void cm_plot_end(const cm_plot *plot)
{
    fputs("</svg>\n", plot->stream);
}
