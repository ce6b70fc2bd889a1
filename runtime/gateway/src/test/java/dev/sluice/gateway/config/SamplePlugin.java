package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.Range;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A plugin with a parameter of each kind. */
final class SamplePlugin implements Plugin {
    enum Mode {
        FAST,
        VERY_CAREFUL
    }

    record Parameters(
            @Doc("A number.") @Default("3") @Range(min = 1, max = 10)
            int count,

            @Default("0.5") @Range(min = 0, max = 1) double share,
            @Default("1s") @Range(min = 0.01, max = 60) Duration window,
            @Default("fast") Mode mode,
            @Default("max") @OneOf({"max", "sum"}) String blend,
            Optional<String> note,
            OptionalInt limit,
            List<String> labels,
            Map<String, Double> weights,
            @Secret Optional<String> token) {
        Parameters {
            if (mode == Mode.VERY_CAREFUL && count < 2) {
                throw new ConfigException("very-careful needs a count of 2 or more");
            }
        }
    }

    record Needy(@Doc("Needed.") String target) {}

    static Catalog catalog() {
        return Catalog.of(List.of(new SamplePlugin()));
    }

    @Override
    public String id() {
        return "sample";
    }

    @Override
    public List<Factory<?>> factories() {
        return List.of(
                Factory.of("queue-scorer", NoConfig.class, (config, context) -> scorer()),
                Factory.of("sample-scorer", Parameters.class, (config, context) -> scorer()),
                Factory.of("needy-scorer", Needy.class, (config, context) -> scorer()));
    }

    private static Scorer scorer() {
        return (request, candidates, scores) -> {};
    }
}
