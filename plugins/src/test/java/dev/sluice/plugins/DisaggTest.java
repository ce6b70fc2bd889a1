package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;
import dev.sluice.spi.Stages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** llm-d's deciders and handler, in its terms. */
class DisaggTest {
    private static final DisaggConfig.Profiles PROFILES = new DisaggConfig.Profiles("decode", "prefill", "encode");
    private static final Request SPLITTABLE = new FakeRequest(1000, 0, true);

    private static PluginContext context(Map<String, Decider> deciders) {
        return new PluginContext() {
            @Override
            public String name() {
                return "test";
            }

            @Override
            public System.Logger logger() {
                return System.getLogger("test");
            }

            @Override
            public <P extends Part> P reference(String name, Class<P> kind) {
                Decider decider = deciders.get(name);
                if (decider == null) {
                    throw new ConfigException("there is no " + name);
                }
                return kind.cast(decider);
            }
        };
    }

    private static DisaggConfig config(String order, Optional<String> decider) {
        return new DisaggConfig(
                order,
                PROFILES,
                new DisaggConfig.Deciders(decider, Optional.empty()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private record Ran(List<String> profiles, List<String> done, FakeCandidates left, int picked) implements Stages {
        @Override
        public Candidates candidates(String profile) {
            return left;
        }

        @Override
        public int picked(String profile) {
            return picked;
        }
    }

    /** Profiles in the order in which a handler has them run. */
    private static List<String> order(ProfileHandler handler, Request request, FakeCandidates left) {
        List<String> done = new ArrayList<>();
        List<String> profiles = List.of("prefill", "decode");
        for (int i = 0; i < 4; i++) {
            Optional<String> next = handler.next(request, new Ran(profiles, List.copyOf(done), left, left.size() - 1));
            if (next.isEmpty()) {
                break;
            }
            done.add(next.get());
        }
        assertThat(handler.primary(request, done)).isEqualTo("decode");
        assertThat(handler.prefill(request, done).isPresent()).isEqualTo(done.contains("prefill"));
        return done;
    }

    private static FakeCandidates holding(double cached) {
        return FakeCandidates.of(1).with(Signal.CACHED_TOKENS, cached);
    }

    @Test
    void decodeIsPickedFirstAndTheDeciderLooksAtIt() {
        DisaggHandler handler = DisaggHandler.of(
                config("decode-first", Optional.of("d")),
                context(Map.of("d", new PrefixDecider(new PrefixDeciderConfig(512, 0)))));
        assertThat(order(handler, SPLITTABLE, holding(0))).containsExactly("decode", "prefill");
        assertThat(order(handler, SPLITTABLE, holding(488))).containsExactly("decode", "prefill");
        assertThat(order(handler, SPLITTABLE, holding(489))).containsExactly("decode");
        assertThat(order(handler, new FakeRequest(1000), holding(0)))
                .as("a request that can't be split")
                .containsExactly("decode");
        assertThat(order(handler, SPLITTABLE, FakeCandidates.of(0)))
                .as("nobody to generate")
                .containsExactly("decode");
    }

    @Test
    void withoutADeciderNothingIsSplit() {
        DisaggHandler handler = DisaggHandler.of(config("decode-first", Optional.empty()), context(Map.of()));
        assertThat(order(handler, SPLITTABLE, holding(0))).containsExactly("decode");
    }

    @Test
    void prefillFirstSplitsWhateverCanBe() {
        DisaggHandler handler = DisaggHandler.of(config("prefill-first", Optional.empty()), context(Map.of()));
        assertThat(order(handler, SPLITTABLE, holding(0))).containsExactly("prefill", "decode");
        assertThat(order(handler, new FakeRequest(1000), holding(0))).containsExactly("decode");
        assertThatThrownBy(() -> config("prefill-first", Optional.of("d")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("without a prefill decider");
    }

    @Test
    void earlierNamesMeanTheSame() {
        Map<String, Decider> deciders = Map.of("d", new AlwaysDecider());
        DisaggConfig flat = new DisaggConfig(
                "decode-first",
                new DisaggConfig.Profiles("x", "y", "z"),
                new DisaggConfig.Deciders(Optional.empty(), Optional.empty()),
                Optional.of("decode"),
                Optional.of("prefill"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of("d"));
        assertThat(order(DisaggHandler.of(flat, context(deciders)), SPLITTABLE, holding(0)))
                .containsExactly("decode", "prefill");
        PdConfig pd = new PdConfig("decode", "prefill", Optional.of("d"), OptionalInt.empty());
        assertThat(order(DisaggHandler.of(pd, context(deciders)), SPLITTABLE, holding(0)))
                .containsExactly("decode", "prefill");
        assertThatThrownBy(() -> DisaggHandler.of(pd, context(Map.of())))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("there is no d");
    }

    @Test
    void encodeStagesAreRefusedAsNotYetThere() {
        assertThatThrownBy(() -> new DisaggConfig(
                        "decode-first",
                        PROFILES,
                        new DisaggConfig.Deciders(Optional.empty(), Optional.of("e")),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("not supported yet");
    }

    @Test
    void thePrefixDeciderIsOffUnlessItIsGivenANumber() {
        FakeCandidates decode = holding(0);
        assertThat(new PrefixDecider(new PrefixDeciderConfig(0, 0)).disaggregate(SPLITTABLE, decode, 0))
                .isFalse();
        assertThat(new PrefixDecider(new PrefixDeciderConfig(1, 1001)).disaggregate(SPLITTABLE, decode, 0))
                .as("a prompt below promptTokens")
                .isFalse();
        assertThat(new PrefixDecider(new PrefixDeciderConfig(1001, 0)).disaggregate(SPLITTABLE, decode, 0))
                .as("a prompt below nonCachedTokens")
                .isFalse();
        assertThat(new PrefixDecider(new PrefixDeciderConfig(1000, 1000)).disaggregate(SPLITTABLE, decode, 0))
                .isTrue();
        assertThat(new PrefixDecider(new PrefixDeciderConfig(1, 0)).disaggregate(SPLITTABLE, decode, -1))
                .as("nobody was chosen")
                .isFalse();
    }
}
