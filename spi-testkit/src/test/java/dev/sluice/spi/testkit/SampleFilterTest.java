package dev.sluice.spi.testkit;

import dev.sluice.spi.Factory;

class SampleFilterTest extends FilterContract<SamplePlugin.Config> {
    @Override
    protected Factory<SamplePlugin.Config> factory() {
        return SamplePlugin.filter();
    }

    @Override
    protected SamplePlugin.Config validConfig() {
        return SamplePlugin.CONFIG;
    }
}
