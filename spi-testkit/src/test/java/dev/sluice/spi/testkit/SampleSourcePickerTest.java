package dev.sluice.spi.testkit;

import dev.sluice.spi.Factory;

class SampleSourcePickerTest extends SourcePickerContract<SamplePlugin.Config> {
    @Override
    protected Factory<SamplePlugin.Config> factory() {
        return SamplePlugin.source();
    }

    @Override
    protected SamplePlugin.Config validConfig() {
        return SamplePlugin.CONFIG;
    }
}
