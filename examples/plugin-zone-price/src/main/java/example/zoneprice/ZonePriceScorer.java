package example.zoneprice;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.Collections;
import java.util.Map;

/** The cheapest zone there is has 1, one that costs twice as much 0.5; a zone without a price is not judged. */
final class ZonePriceScorer implements Scorer {
    private final ZonePriceConfig config;
    private final double cheapest;

    ZonePriceScorer(ZonePriceConfig config) {
        this.config = config;
        this.cheapest = Collections.min(config.prices().values());
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < scores.length; i++) {
            scores[i] = cheapest / price(candidates, i);
        }
    }

    private double price(Candidates candidates, int index) {
        String zone = candidates.endpoint(index).labels().get(config.label());
        Double price = zone == null ? null : config.prices().get(zone);
        return price == null ? Double.NaN : price;
    }

    @Override
    public Map<String, Double> explain(Request request, Candidates candidates, int index) {
        return Map.of("price", price(candidates, index));
    }
}
