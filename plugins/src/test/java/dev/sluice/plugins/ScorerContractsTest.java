package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.testkit.ScorerContract;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class ScorerContractsTest {
    @Nested
    class LeastWork extends ScorerContract<LeastWorkConfig> {
        @Override
        protected Factory<LeastWorkConfig> factory() {
            return Golden.factory("least-work-scorer", LeastWorkConfig.class);
        }

        @Override
        protected LeastWorkConfig validConfig() {
            return LeastWorkConfig.defaults();
        }
    }

    @Nested
    class Queue extends ScorerContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("queue-scorer", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class Running extends ScorerContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("running-requests-size-scorer", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class KvCache extends ScorerContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("kv-cache-utilization-scorer", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class LoadAware extends ScorerContract<LoadAwareConfig> {
        @Override
        protected Factory<LoadAwareConfig> factory() {
            return Golden.factory("load-aware-scorer", LoadAwareConfig.class);
        }

        @Override
        protected LoadAwareConfig validConfig() {
            return new LoadAwareConfig(128);
        }
    }

    @Nested
    class PrefixCache extends ScorerContract<PrefixCacheConfig> {
        @Override
        protected Factory<PrefixCacheConfig> factory() {
            return Golden.factory("prefix-cache-scorer", PrefixCacheConfig.class);
        }

        @Override
        protected PrefixCacheConfig validConfig() {
            return new PrefixCacheConfig("", 0.5, 8192);
        }
    }

    @Nested
    class ActiveRequest extends ScorerContract<ActiveRequestConfig> {
        @Override
        protected Factory<ActiveRequestConfig> factory() {
            return Golden.factory("active-request-scorer", ActiveRequestConfig.class);
        }

        @Override
        protected ActiveRequestConfig validConfig() {
            return new ActiveRequestConfig(2, 0.8, "");
        }
    }

    @Nested
    class TokenLoad extends ScorerContract<TokenLoadConfig> {
        @Override
        protected Factory<TokenLoadConfig> factory() {
            return Golden.factory("token-load-scorer", TokenLoadConfig.class);
        }

        @Override
        protected TokenLoadConfig validConfig() {
            return new TokenLoadConfig(4_194_304);
        }
    }

    @Nested
    class LoraAffinity extends ScorerContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("lora-affinity-scorer", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class NoHitLru extends ScorerContract<NoHitLruConfig> {
        @Override
        protected Factory<NoHitLruConfig> factory() {
            return Golden.factory("no-hit-lru-scorer", NoHitLruConfig.class);
        }

        @Override
        protected NoHitLruConfig validConfig() {
            return new NoHitLruConfig(1024, "", "", "");
        }

        @Override
        protected TestCandidates candidates(int count, long seed) {
            return TestCandidates.of(count);
        }
    }

    @Nested
    class ContextLength extends ScorerContract<ContextLengthConfig> {
        @Override
        protected Factory<ContextLengthConfig> factory() {
            return Golden.factory("context-length-aware", ContextLengthConfig.class);
        }

        @Override
        protected ContextLengthConfig validConfig() {
            return new ContextLengthConfig("llm-d.ai/context-length-range", false);
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

    @Nested
    class LatencyLeast extends ScorerContract<LatencyScorerConfig> {
        @Override
        protected Factory<LatencyScorerConfig> factory() {
            return Golden.factory("latency-scorer", LatencyScorerConfig.class);
        }

        @Override
        protected LatencyScorerConfig validConfig() {
            return new LatencyScorerConfig(0.8, 0.2, "least", 1, 1, 1, "", "");
        }
    }

    @Nested
    class LatencyMost extends ScorerContract<LatencyScorerConfig> {
        @Override
        protected Factory<LatencyScorerConfig> factory() {
            return Golden.factory("latency-scorer", LatencyScorerConfig.class);
        }

        @Override
        protected LatencyScorerConfig validConfig() {
            return new LatencyScorerConfig(0, 0, "most", 0, 0, 0, "", "");
        }

        @Override
        protected List<TestRequest> requests() {
            return List.of(TestRequest.PLAIN.withObjectives(100_000, 5));
        }
    }

    @Nested
    class SessionToken extends ScorerContract<SessionAffinityConfig> {
        @Override
        protected Factory<SessionAffinityConfig> factory() {
            return Golden.factory("session-affinity-scorer", SessionAffinityConfig.class);
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
    class SessionIds extends ScorerContract<SessionAffinityConfig> {
        @Override
        protected Factory<SessionAffinityConfig> factory() {
            return Golden.factory("session-affinity-scorer", SessionAffinityConfig.class);
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
    class HeaderLabel extends ScorerContract<HeaderLabelConfig> {
        @Override
        protected Factory<HeaderLabelConfig> factory() {
            return Golden.factory("header-label-affinity-scorer", HeaderLabelConfig.class);
        }

        @Override
        protected HeaderLabelConfig validConfig() {
            return new HeaderLabelConfig("x-zone", "zone");
        }

        @Override
        protected List<TestRequest> requests() {
            return List.of(TestRequest.PLAIN, TestRequest.PLAIN.withHeader("x-zone", "a"));
        }
    }

    @Nested
    class EndpointAttribute extends ScorerContract<EndpointAttributeScorerConfig> {
        @Override
        protected Factory<EndpointAttributeScorerConfig> factory() {
            return Golden.factory("endpoint-attribute-scorer", EndpointAttributeScorerConfig.class);
        }

        @Override
        protected EndpointAttributeScorerConfig validConfig() {
            return new EndpointAttributeScorerConfig(
                    "load",
                    "",
                    "",
                    new EndpointAttributeScorerConfig.Algorithm(
                            "linear_lower_is_better",
                            new EndpointAttributeScorerConfig.Normalization(Optional.empty(), Optional.empty())));
        }

        @Override
        protected TestCandidates candidates(int count, long seed) {
            double[] loads = new SplittableRandom(seed).doubles(count).toArray();
            return TestCandidates.of(count).with("load", loads);
        }
    }

    @Nested
    class TopologyAffinity extends ScorerContract<TopologyScorerConfig> {
        @Override
        protected Factory<TopologyScorerConfig> factory() {
            return Golden.factory("topology-affinity-scorer", TopologyScorerConfig.class);
        }

        @Override
        protected TopologyScorerConfig validConfig() {
            return new TopologyScorerConfig("", "");
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
}
