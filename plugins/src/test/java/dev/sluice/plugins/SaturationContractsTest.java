package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.SaturationDetectorContract;
import java.time.Duration;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class SaturationContractsTest {
    @Nested
    class Utilization extends SaturationDetectorContract<UtilizationDetectorConfig> {
        @Override
        protected Factory<UtilizationDetectorConfig> factory() {
            return Golden.factory("utilization-detector", UtilizationDetectorConfig.class);
        }

        @Override
        protected UtilizationDetectorConfig validConfig() {
            return new UtilizationDetectorConfig(5, 0.8, Duration.ofMillis(200), "saturated", 0);
        }
    }

    @Nested
    class Concurrency extends SaturationDetectorContract<ConcurrencyDetectorConfig> {
        @Override
        protected Factory<ConcurrencyDetectorConfig> factory() {
            return Golden.factory("concurrency-detector", ConcurrencyDetectorConfig.class);
        }

        @Override
        protected ConcurrencyDetectorConfig validConfig() {
            return new ConcurrencyDetectorConfig("hybrid", 100, 1_000_000, 0, "");
        }
    }
}
