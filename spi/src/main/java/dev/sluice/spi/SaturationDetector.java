package dev.sluice.spi;

/**
 * Says how full a pool is. One that no profile uses as a filter watches over admission: while it says 1 or more, requests
 * of negative priority are refused.
 */
public non-sealed interface SaturationDetector extends Part {
    /**
     * How full the endpoints are taken together: 0 idle, 1 as full as they should be, more beyond; NaN when nothing can be
     * said.
     */
    double saturation(Candidates candidates);
}
