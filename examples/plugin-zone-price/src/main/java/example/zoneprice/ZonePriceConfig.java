package example.zoneprice;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.util.Map;

/**
 * Prices of zones, in any unit: only their ratios count.
 *
 * @param label the endpoint label that names the zone
 * @param prices price by zone
 */
public record ZonePriceConfig(
        @Doc("Endpoint label that names the zone.") @Default("topology.kubernetes.io/zone") String label,
        @Doc("Price by zone, such as that of a spot machine per hour.") Map<String, Double> prices) {
    public ZonePriceConfig {
        prices = Map.copyOf(prices);
        if (prices.isEmpty()) {
            throw new ConfigException("prices: name at least one zone");
        }
        prices.forEach((zone, price) -> {
            if (!(price > 0) || price.isInfinite()) {
                throw new ConfigException("prices." + zone + ": must be above 0, is " + price);
            }
        });
    }
}
