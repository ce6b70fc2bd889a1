package dev.sluice.spi.testkit;

import dev.sluice.spi.Factory;

class SamplePickerTest extends PickerContract<SamplePlugin.Config> {
    @Override
    protected Factory<SamplePlugin.Config> factory() {
        return SamplePlugin.picker();
    }

    @Override
    protected SamplePlugin.Config validConfig() {
        return SamplePlugin.CONFIG;
    }
}
