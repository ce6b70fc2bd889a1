package dev.sluice.spi.testkit;

import dev.sluice.spi.Factory;
import java.util.List;

class SampleConnectorTest extends ConnectorContract<SamplePlugin.Config> {
    @Override
    protected Factory<SamplePlugin.Config> factory() {
        return SamplePlugin.connector();
    }

    @Override
    protected SamplePlugin.Config validConfig() {
        return SamplePlugin.CONFIG;
    }

    static final TestAnswer ANSWER = TestAnswer.of(
            "{\"choices\":[],\"kv_transfer_params\":{\"ticket\":\"a-1\",\"port\":7,\"note\":\"\\u00e4\"}}");

    @Override
    protected TestAnswer prefillAnswer() {
        return ANSWER;
    }

    @Override
    protected List<String> needed() {
        return List.of("ticket", "port");
    }
}
