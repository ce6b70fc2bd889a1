package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.PickerContract;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class PickerContractsTest {
    @Nested
    class MaxScore extends PickerContract<PickerConfig> {
        @Override
        protected Factory<PickerConfig> factory() {
            return Golden.factory("max-score-picker", PickerConfig.class);
        }

        @Override
        protected PickerConfig validConfig() {
            return new PickerConfig(2);
        }
    }

    @Nested
    class Random extends PickerContract<PickerConfig> {
        @Override
        protected Factory<PickerConfig> factory() {
            return Golden.factory("random-picker", PickerConfig.class);
        }

        @Override
        protected PickerConfig validConfig() {
            return new PickerConfig(2);
        }
    }

    @Nested
    class WeightedRandom extends PickerContract<PickerConfig> {
        @Override
        protected Factory<PickerConfig> factory() {
            return Golden.factory("weighted-random-picker", PickerConfig.class);
        }

        @Override
        protected PickerConfig validConfig() {
            return new PickerConfig(2);
        }
    }
}
