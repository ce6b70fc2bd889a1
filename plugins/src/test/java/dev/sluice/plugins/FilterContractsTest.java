package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.testkit.FilterContract;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class FilterContractsTest {
    @Nested
    class Decode extends FilterContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("decode-filter", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class Prefill extends FilterContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("prefill-filter", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class Encode extends FilterContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("encode-filter", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class Labels extends FilterContract<LabelSelector> {
        @Override
        protected Factory<LabelSelector> factory() {
            return Golden.factory("label-selector-filter", LabelSelector.class);
        }

        @Override
        protected LabelSelector validConfig() {
            return new LabelSelector(Map.of("zone", "a"), List.of());
        }
    }

    @Nested
    class SessionToken extends FilterContract<SessionAffinityConfig> {
        @Override
        protected Factory<SessionAffinityConfig> factory() {
            return Golden.factory("session-affinity-filter", SessionAffinityConfig.class);
        }

        @Override
        protected SessionAffinityConfig validConfig() {
            return SessionAffinityConfig.of("encoded_endpoint_header");
        }

        @Override
        protected List<TestRequest> requests() {
            return List.of(TestRequest.PLAIN, TestRequest.PLAIN.withHeader("x-session-token", "a"));
        }
    }

    @Nested
    class SessionIds extends FilterContract<SessionAffinityConfig> {
        @Override
        protected Factory<SessionAffinityConfig> factory() {
            return Golden.factory("session-affinity-filter", SessionAffinityConfig.class);
        }

        @Override
        protected SessionAffinityConfig validConfig() {
            return SessionAffinityConfig.of("session_id");
        }

        @Override
        protected List<TestRequest> requests() {
            return List.of(TestRequest.PLAIN, TestRequest.PLAIN.withHeader("x-session-id", "a"));
        }
    }

    @Nested
    class PrefixCacheAffinity extends FilterContract<PrefixCacheAffinityConfig> {
        @Override
        protected Factory<PrefixCacheAffinityConfig> factory() {
            return Golden.factory("prefix-cache-affinity-filter", PrefixCacheAffinityConfig.class);
        }

        @Override
        protected PrefixCacheAffinityConfig validConfig() {
            return new PrefixCacheAffinityConfig(0.1, 0.1, 100, 0, "latencyPredictor", 1, "", "", "");
        }
    }

    @Nested
    class Utilization extends FilterContract<UtilizationConfig> {
        @Override
        protected Factory<UtilizationConfig> factory() {
            return Golden.factory("utilization-filter", UtilizationConfig.class);
        }

        @Override
        protected UtilizationConfig validConfig() {
            return new UtilizationConfig(List.of(new UtilizationConfig.Condition("waiting-queue", 500)), true);
        }
    }

    @Nested
    class EndpointAttribute extends FilterContract<EndpointAttributeFilterConfig> {
        @Override
        protected Factory<EndpointAttributeFilterConfig> factory() {
            return Golden.factory("endpoint-attribute-filter", EndpointAttributeFilterConfig.class);
        }

        @Override
        protected EndpointAttributeFilterConfig validConfig() {
            return new EndpointAttributeFilterConfig(
                    "load",
                    "",
                    "Pass",
                    true,
                    new EndpointAttributeFilterConfig.Algorithm(
                            "topK",
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of(new EndpointAttributeFilterConfig.TopK(3, true)),
                            Optional.empty()));
        }

        @Override
        protected TestCandidates candidates(int count, long seed) {
            double[] loads = new SplittableRandom(seed).doubles(count).toArray();
            return TestCandidates.of(count).with("load", loads);
        }
    }

    @Nested
    class TopologyAffinity extends FilterContract<TopologyConfig> {
        @Override
        protected Factory<TopologyConfig> factory() {
            return Golden.factory("topology-affinity-filter", TopologyConfig.class);
        }

        @Override
        protected TopologyConfig validConfig() {
            return new TopologyConfig("host", "", "");
        }

        @Override
        protected TestCandidates candidates(int count, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            return TestCandidates.of(IntStream.range(0, count)
                            .mapToObj(i -> TestCandidates.endpoint(
                                    "e" + i, AffinityFiltersTest.place("h" + random.nextInt(3), "r", "z", "eu")))
                            .toList())
                    .beside(TestCandidates.endpoint("peer", AffinityFiltersTest.place("h1", "r", "z", "eu")));
        }
    }

    @Nested
    class SloHeadroomTier extends FilterContract<SloHeadroomTierConfig> {
        @Override
        protected Factory<SloHeadroomTierConfig> factory() {
            return Golden.factory("slo-headroom-tier-filter", SloHeadroomTierConfig.class);
        }

        @Override
        protected SloHeadroomTierConfig validConfig() {
            return new SloHeadroomTierConfig(0.5, "");
        }
    }

    @Nested
    class UtilizationDetection extends FilterContract<UtilizationDetectorConfig> {
        @Override
        protected Factory<UtilizationDetectorConfig> factory() {
            return Golden.factory("utilization-detector", UtilizationDetectorConfig.class);
        }

        @Override
        protected UtilizationDetectorConfig validConfig() {
            return new UtilizationDetectorConfig(500, 0.5, Duration.ofMillis(200), "saturated", 0.1);
        }
    }

    @Nested
    class ConcurrencyDetection extends FilterContract<ConcurrencyDetectorConfig> {
        @Override
        protected Factory<ConcurrencyDetectorConfig> factory() {
            return Golden.factory("concurrency-detector", ConcurrencyDetectorConfig.class);
        }

        @Override
        protected ConcurrencyDetectorConfig validConfig() {
            return new ConcurrencyDetectorConfig("hybrid", 500, 500, 0, "");
        }
    }

    @Nested
    class ContextLength extends FilterContract<ContextLengthConfig> {
        @Override
        protected Factory<ContextLengthConfig> factory() {
            return Golden.factory("context-length-aware", ContextLengthConfig.class);
        }

        @Override
        protected ContextLengthConfig validConfig() {
            return new ContextLengthConfig("llm-d.ai/context-length-range", true);
        }

        @Override
        protected TestCandidates candidates(int count, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            return TestCandidates.of(IntStream.range(0, count)
                    .mapToObj(i -> TestCandidates.endpoint(
                            "e" + i, Map.of("llm-d.ai/context-length-range", "0-" + random.nextInt(2000))))
                    .toList());
        }
    }
}
