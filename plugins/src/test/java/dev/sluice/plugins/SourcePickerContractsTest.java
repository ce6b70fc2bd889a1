package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.SourcePickerContract;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class SourcePickerContractsTest {
    @Nested
    class P2p extends SourcePickerContract<P2pSourceConfig> {
        @Override
        protected Factory<P2pSourceConfig> factory() {
            return Golden.factory("p2p-source-producer", P2pSourceConfig.class);
        }

        @Override
        protected P2pSourceConfig validConfig() {
            return new P2pSourceConfig(1, "prefill");
        }
    }
}
