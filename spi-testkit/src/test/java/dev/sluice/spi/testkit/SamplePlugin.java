package dev.sluice.spi.testkit;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Leg;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Range;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import dev.sluice.spi.SourcePicker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Types that do as they should. */
public final class SamplePlugin implements Plugin {
    record Config(
            @Doc("Waiting requests from which on the score is 0.") @Default("10") @Range(min = 1, max = 1000)
            int most,

            List<String> zones) {
        Config {
            zones = List.copyOf(zones);
            if (zones.contains("nowhere")) {
                throw new ConfigException("there is no zone nowhere");
            }
        }
    }

    static final Config CONFIG = new Config(10, List.of("a"));

    @Override
    public String id() {
        return "sample";
    }

    @Override
    public List<Factory<?>> factories() {
        return List.of(scorer(), filter(), picker(), producer(), source(), connector());
    }

    static Factory<Config> scorer() {
        return Factory.of("sample-scorer", Config.class, (config, context) -> new Waiting(config));
    }

    record Waiting(Config config) implements Scorer {
        @Override
        public void score(Request request, Candidates candidates, double[] scores) {
            for (int i = 0; i < scores.length; i++) {
                double waiting = candidates.signal(i, Signal.WAITING);
                scores[i] = Double.isNaN(waiting) ? Double.NaN : 1 - Math.min(waiting, config.most) / config.most;
            }
        }

        @Override
        public Map<String, Double> explain(Request request, Candidates candidates, int index) {
            return Map.of("waiting", candidates.signal(index, Signal.WAITING));
        }
    }

    static Factory<Config> filter() {
        return Factory.of("sample-filter", Config.class, (config, context) -> (Filter) (request, candidates, keep) -> {
            for (int i = 0; i < keep.length; i++) {
                keep[i] = config.zones.contains(candidates.endpoint(i).labels().getOrDefault("zone", ""));
            }
        });
    }

    static Factory<Config> picker() {
        return Factory.of(
                "sample-picker",
                Config.class,
                (config, context) -> (Picker) (request, candidates, totals, order, random) -> {
                    int best = 0;
                    for (int i = 1; i < totals.length; i++) {
                        best = totals[i] > totals[best] ? i : best;
                    }
                    if (totals.length > 0) {
                        order[0] = best;
                    }
                    return Math.min(1, totals.length);
                });
    }

    static Factory<Config> producer() {
        return Factory.of(
                "sample-producer", Config.class, (config, context) -> (Producer) (request, candidates, out) -> {
                    for (int i = 0; i < candidates.size(); i++) {
                        out.set(i, "sample.spare", config.most - candidates.signal(i, Signal.WAITING));
                    }
                });
    }

    static Factory<Config> source() {
        return Factory.of(
                "sample-source",
                Config.class,
                (config, context) -> (SourcePicker) (request, sources, computing, held) -> {
                    int most = -1;
                    for (int i = 0; i < sources.size(); i++) {
                        double holds = sources.signal(i, Signal.CACHED_TOKENS);
                        boolean more = holds > held && (most < 0 || holds > sources.signal(most, Signal.CACHED_TOKENS));
                        most = more ? i : most;
                    }
                    return most;
                });
    }

    static Factory<Config> connector() {
        return Factory.of("sample-connector", Config.class, (config, context) -> new ByTicket());
    }

    /** The prefill engine answers a ticket; the decode engine is given it, whole. */
    static class ByTicket implements Connector {
        @Override
        public Traits traits() {
            return new Traits(Duration.ofSeconds(30), true, false, false, false, true);
        }

        @Override
        public Optional<Order> order(Handover handover) {
            return Optional.of(Order.SERIAL);
        }

        @Override
        public Leg prefill(Handover handover) {
            return Leg.of(handover.oneToken());
        }

        @Override
        public Optional<Leg> decode(Handover handover, Optional<Answer> prefill) {
            return prefill.filter(answer -> answer.text("kv_transfer_params", "ticket")
                                    .filter(ticket -> !ticket.isEmpty())
                                    .isPresent()
                            && answer.json("kv_transfer_params", "port").isPresent())
                    .flatMap(answer -> answer.json("kv_transfer_params"))
                    .map(params -> Leg.of(handover.transferParams(params)));
        }
    }
}
