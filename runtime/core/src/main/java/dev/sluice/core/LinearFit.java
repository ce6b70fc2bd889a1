package dev.sluice.core;

/**
 * Exponentially weighted least squares of {@code y = intercept + slope * x} with a prior line that counts as a few samples
 * (ridge regression towards it), which keeps the fit defined when all x are alike: then only the level moves, in the
 * proportion in which both terms make it up.
 *
 * <p>Old samples fade with every new one and, by {@link #relax}, with time, so that a fit without samples falls back to its
 * prior. The prior is an argument of the reading, not of the state: it may itself be learned. Sums are linear in the
 * samples, so that one can be amended later: its share has faded by the factor that the log of all fading so far tells.
 */
final class LinearFit {
    private final double logFade;
    private final double priorWeight;
    private final double scaleX;
    private double logFaded;
    private double weight;
    private double sumX;
    private double sumXX;
    private double sumY;
    private double sumXY;
    private long changes;

    /** A line. */
    record Line(double intercept, double slope) {
        double at(double x) {
            return intercept + slope * x;
        }
    }

    /** A sample that may be amended. */
    static final class Sample {
        private double x;
        private double y;
        private final double logFaded;

        private Sample(double x, double y, double logFaded) {
            this.x = x;
            this.y = y;
            this.logFaded = logFaded;
        }

        double x() {
            return x;
        }

        double y() {
            return y;
        }
    }

    /**
     * A fit without samples.
     *
     * @param memory number of samples after which an old one counts 1/e
     * @param priorWeight how many samples the prior counts as
     * @param scaleX a typical x; makes both terms comparable
     */
    LinearFit(double memory, double priorWeight, double scaleX) {
        this.logFade = -1 / memory;
        this.priorWeight = priorWeight;
        this.scaleX = scaleX;
    }

    Sample add(double x, double y) {
        fade(logFade);
        Sample sample = new Sample(x, y, logFaded);
        put(x, y, 1);
        return sample;
    }

    /** Changes a sample that was added before. */
    void amend(Sample sample, double x, double y) {
        double share = StrictMath.exp(logFaded - sample.logFaded);
        put(sample.x, sample.y, -share);
        put(x, y, share);
        sample.x = x;
        sample.y = y;
    }

    private void put(double x, double y, double share) {
        changes++;
        double scaled = x / scaleX;
        weight += share;
        sumX += share * scaled;
        sumXX += share * scaled * scaled;
        sumY += share * y;
        sumXY += share * scaled * y;
    }

    /** Forgets by a factor above 0, up to 1, as when time passes without samples. */
    void relax(double keep) {
        fade(StrictMath.log(Math.max(1e-12, keep)));
    }

    private void fade(double log) {
        changes++;
        double keep = StrictMath.exp(log);
        logFaded += log;
        weight *= keep;
        sumX *= keep;
        sumXX *= keep;
        sumY *= keep;
        sumXY *= keep;
    }

    /** Grows with every change, so that what was made of the fit can be kept until then. */
    long changes() {
        return changes;
    }

    /** Samples, the faded ones counted by what is left of them. */
    double samples() {
        return weight;
    }

    /** The fitted line. */
    Line line(Line prior) {
        double slope0 = prior.slope() * scaleX;
        double a = weight + priorWeight;
        double b = sumXX + priorWeight;
        double y = sumY - prior.intercept() * weight - slope0 * sumX;
        double xy = sumXY - prior.intercept() * sumX - slope0 * sumXX;
        double determinant = a * b - sumX * sumX;
        return new Line(
                prior.intercept() + (y * b - sumX * xy) / determinant,
                (slope0 + (a * xy - sumX * y) / determinant) / scaleX);
    }

    /** How many times the samples are what a line says of them; a few samples that agree with it are added as a prior. */
    double ratio(Line reference) {
        double prior = priorWeight * Math.max(1e-9, reference.at(scaleX));
        double expected = reference.intercept() * weight + reference.slope() * scaleX * sumX;
        return Math.max(1e-3, (prior + sumY) / (prior + Math.max(0, expected)));
    }
}
