package dev.sluice.spi.testkit;

import dev.sluice.spi.Factory;

class SampleProducerTest extends ProducerContract<SamplePlugin.Config> {
    @Override
    protected Factory<SamplePlugin.Config> factory() {
        return SamplePlugin.producer();
    }

    @Override
    protected SamplePlugin.Config validConfig() {
        return SamplePlugin.CONFIG;
    }
}
