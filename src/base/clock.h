/* Time that work takes. */
#ifndef CM_BASE_CLOCK_H
#define CM_BASE_CLOCK_H

/* Seconds of a clock that never goes back. Thread-safe. */
double cm_clock_seconds(void);

/* Tells apart how long the stages of a work take. *lap: when the present one began; adds its seconds to *seconds, and the next one begins. */
void cm_clock_lap(double *lap, double *seconds);

#endif
