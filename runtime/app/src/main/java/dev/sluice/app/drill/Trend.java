package dev.sluice.app.drill;

import java.util.ArrayList;
import java.util.List;

/** Samples of a figure over time, and by how much it grows. Not thread-safe. */
final class Trend {
    private final List<double[]> samples = new ArrayList<>();

    /** @param seconds since the beginning */
    void add(double seconds, double value) {
        samples.add(new double[] {seconds, value});
    }

    /** The newest value; NaN without one. */
    double last() {
        return samples.isEmpty() ? Double.NaN : samples.getLast()[1];
    }

    /** The first sample and the last, for whoever reads. */
    String ends() {
        return samples.isEmpty() ? "–" : Math.round(samples.getFirst()[1]) + " → " + Math.round(samples.getLast()[1]);
    }

    /**
     * Growth over the second half, when everything has been loaded: the median of the slopes of all pairs of samples (Theil and Sen), which
     * single outliers do not move, times the length of that half. NaN with fewer than four samples in it.
     */
    double growth() {
        List<double[]> half = samples.subList(samples.size() / 2, samples.size());
        if (half.size() < 4) {
            return Double.NaN;
        }
        List<Double> slopes = new ArrayList<>();
        for (int i = 0; i < half.size(); i++) {
            for (int j = i + 1; j < half.size(); j++) {
                slopes.add((half.get(j)[1] - half.get(i)[1]) / (half.get(j)[0] - half.get(i)[0]));
            }
        }
        slopes.sort(Double::compare);
        double middle = (slopes.get((slopes.size() - 1) / 2) + slopes.get(slopes.size() / 2)) / 2;
        return middle * (half.getLast()[0] - half.getFirst()[0]);
    }
}
