package example.joules;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.time.Clock;
import java.util.List;

/** Frugal machines first. */
public final class JoulesPlugin implements Plugin {
    @Override
    public String id() {
        return "joules";
    }

    @Override
    public List<Factory<?>> factories() {
        return List.of(scorer(Clock.systemUTC()));
    }

    static Factory<JoulesConfig> scorer(Clock clock) {
        return Factory.of(
                "joules-scorer",
                JoulesConfig.class,
                (config, context) -> new JoulesScorer(new Readings(config, clock, context.logger())));
    }
}
