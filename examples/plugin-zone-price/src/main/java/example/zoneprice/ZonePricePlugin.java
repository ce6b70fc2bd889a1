package example.zoneprice;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.util.List;

/** Cheap zones first. */
public final class ZonePricePlugin implements Plugin {
    @Override
    public String id() {
        return "zone-price";
    }

    @Override
    public List<Factory<?>> factories() {
        return List.of(scorer());
    }

    static Factory<ZonePriceConfig> scorer() {
        return Factory.of("zone-price-scorer", ZonePriceConfig.class, (config, context) -> new ZonePriceScorer(config));
    }
}
