package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.ProducerContract;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class ProducerContractsTest {
    @Nested
    class ApproxPrefixCache extends ProducerContract<ApproxPrefixCacheConfig> {
        @Override
        protected Factory<ApproxPrefixCacheConfig> factory() {
            return Golden.factory("approx-prefix-cache-producer", ApproxPrefixCacheConfig.class);
        }

        @Override
        protected ApproxPrefixCacheConfig validConfig() {
            return new ApproxPrefixCacheConfig(true, 16, 131_072, 2048, 31_250);
        }
    }

    @Nested
    class InflightLoad extends ProducerContract<InflightLoadConfig> {
        @Override
        protected Factory<InflightLoadConfig> factory() {
            return Golden.factory("inflight-load-producer", InflightLoadConfig.class);
        }

        @Override
        protected InflightLoadConfig validConfig() {
            return new InflightLoadConfig(true, 1.5, OptionalInt.empty(), "", true);
        }
    }

    @Nested
    class PredictedLatency extends ProducerContract<PredictedLatencyConfig> {
        @Override
        protected Factory<PredictedLatencyConfig> factory() {
            return Golden.factory("predicted-latency-producer", PredictedLatencyConfig.class);
        }

        @Override
        protected PredictedLatencyConfig validConfig() {
            return new PredictedLatencyConfig(
                    1,
                    true,
                    "",
                    Duration.ofMinutes(5),
                    true,
                    "",
                    "",
                    false,
                    "",
                    OptionalDouble.empty(),
                    OptionalDouble.empty());
        }
    }
}
