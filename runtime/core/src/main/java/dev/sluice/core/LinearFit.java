package dev.sluice.core;

/**
 * Exponentially weighted least squares of {@code y = intercept + slope * x}, started from a prior that counts as a few
 * samples. Old samples fade with every new one; with {@link #relax} the fit also fades back to its prior when nothing new
 * comes, so that an endpoint which lost its traffic is tried again. Ridge regression towards the prior keeps the fit
 * defined when all x are alike: then only the level moves, in the proportion in which the prior mixes both terms.
 */
final class LinearFit {
    private final double priorIntercept;
    private final double priorSlope;
    private final double fade;
    private final double priorWeight;
    private double weight;
    private double sumX;
    private double sumXX;
    private double sumY;
    private double sumXY;
    private double scaleX;

    /**
     * Starts at the prior.
     *
     * @param memory number of samples after which an old one counts 1/e
     * @param priorWeight how many samples the prior counts as
     * @param scaleX a typical x; makes both terms comparable
     */
    LinearFit(double priorIntercept, double priorSlope, double memory, double priorWeight, double scaleX) {
        this.priorIntercept = priorIntercept;
        this.priorSlope = priorSlope;
        this.fade = Math.exp(-1 / memory);
        this.priorWeight = priorWeight;
        this.scaleX = scaleX;
    }

    /** Adds a sample; y is taken relative to the prior's line. */
    void add(double x, double y) {
        double scaled = x / scaleX;
        double residual = y - (priorIntercept + priorSlope * x);
        weight = weight * fade + 1;
        sumX = sumX * fade + scaled;
        sumXX = sumXX * fade + scaled * scaled;
        sumY = sumY * fade + residual;
        sumXY = sumXY * fade + scaled * residual;
    }

    /** Forgets by a factor, 0..1, as when time passes without samples. */
    void relax(double keep) {
        weight *= keep;
        sumX *= keep;
        sumXX *= keep;
        sumY *= keep;
        sumXY *= keep;
    }

    double samples() {
        return weight;
    }

    double intercept() {
        double a = weight + priorWeight;
        double b = sumXX + priorWeight;
        double determinant = a * b - sumX * sumX;
        return priorIntercept + (sumY * b - sumX * sumXY) / determinant;
    }

    double slope() {
        double a = weight + priorWeight;
        double b = sumXX + priorWeight;
        double determinant = a * b - sumX * sumX;
        return priorSlope + (a * sumXY - sumX * sumY) / determinant / scaleX;
    }
}
