package example.joules;

import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.Map;

/**
 * Writes what a token costs at each candidate as the attribute {@code joules.per-token}, for anybody to use, and scores by
 * it: the most frugal candidate has 1, one that needs twice as much 0.5.
 */
final class JoulesScorer implements Producer, Scorer {
    static final String ATTRIBUTE = "joules.per-token";

    private final Readings readings;

    JoulesScorer(Readings readings) {
        this.readings = readings;
    }

    @Override
    public void produce(Request request, Candidates candidates, Attributes out) {
        for (int i = 0; i < candidates.size(); i++) {
            out.set(i, ATTRIBUTE, readings.joules(candidates.endpoint(i).id()));
        }
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < scores.length; i++) {
            double joules = candidates.attribute(i, ATTRIBUTE);
            least = joules < least ? joules : least;
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = least / candidates.attribute(i, ATTRIBUTE);
        }
    }

    @Override
    public Map<String, Double> explain(Request request, Candidates candidates, int index) {
        return Map.of("joules_per_token", candidates.attribute(index, ATTRIBUTE));
    }

    @Override
    public void close() {
        readings.close();
    }
}
