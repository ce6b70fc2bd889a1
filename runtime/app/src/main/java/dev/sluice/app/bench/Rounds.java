package dev.sluice.app.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Samples of several targets, taken in turn, so that the samples of one round saw the same machine. */
final class Rounds {
    private final Map<Target, List<Sample>> samples = new EnumMap<>(Target.class);

    /** A figure of a sample. */
    interface Reading {
        double of(Sample sample);
    }

    /**
     * One value for each round.
     *
     * @param values ascending; empty when a target was not measured
     */
    record Values(List<Double> values) {
        static Values of(DoubleStream values) {
            return new Values(values.sorted().boxed().toList());
        }

        /** The middle one, or the mean of the two in the middle; NaN of none. */
        double median() {
            int size = values.size();
            return size == 0 ? Double.NaN : (values.get((size - 1) / 2) + values.get(size / 2)) / 2;
        }

        /** The greatest distance of any of them from a value; NaN of none. */
        double deviation(double from) {
            return values.stream()
                    .mapToDouble(value -> Math.abs(value - from))
                    .max()
                    .orElse(Double.NaN);
        }

        /** The median, and from where to where it went; a dash of none. */
        String show() {
            return values.isEmpty()
                    ? "–"
                    : String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", median(), values.getFirst(), values.getLast());
        }
    }

    /** Adds a sample; the n-th of a target belongs to round n. */
    void add(Target target, Sample sample) {
        samples.computeIfAbsent(target, none -> new ArrayList<>()).add(sample);
    }

    Set<Target> targets() {
        return samples.keySet();
    }

    /** All samples of a target, by round. */
    List<Sample> of(Target target) {
        return samples.getOrDefault(target, List.of());
    }

    /** The median over the rounds; NaN for a target that was not measured. */
    double median(Target target, Reading reading) {
        return Values.of(of(target).stream().mapToDouble(reading::of)).median();
    }

    /** What two targets' figures of the same round have as ratio. */
    Values ratio(Target target, Target base, Reading reading) {
        return paired(target, base, reading, (a, b) -> a / b);
    }

    /** By how much two targets' figures of the same round differ. */
    Values difference(Target target, Target base, Reading reading) {
        return paired(target, base, reading, (a, b) -> a - b);
    }

    private Values paired(Target target, Target base, Reading reading, DoubleBinaryOperator pair) {
        List<Sample> left = of(target);
        List<Sample> right = of(base);
        return Values.of(IntStream.range(0, Math.min(left.size(), right.size()))
                .mapToDouble(i -> pair.applyAsDouble(reading.of(left.get(i)), reading.of(right.get(i)))));
    }
}
