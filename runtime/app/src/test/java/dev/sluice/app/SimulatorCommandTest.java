package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SimulatorCommandTest {
    @Test
    void wrongOptionsAreNamed() {
        assertThat(Ran.of("simulator").err()).contains("--port");
        assertThat(Ran.of("simulator", "--port", "65535", "--count", "2").code())
                .isEqualTo(2);
        assertThat(Ran.of("simulator", "--port", "0", "--role", "both-ways").err())
                .contains("role is both, prefill or decode, not both-ways");
        assertThat(Ran.of("simulator", "--port", "0", "--time-scale", "0").err())
                .contains("time-scale");
        assertThat(Ran.of("simulator", "--port", "0", "--connector", "carrier-pigeon")
                        .err())
                .contains("connector is one of", "nixl-push", "carrier-pigeon");
        assertThat(Ran.of("simulator", "--port", "0", "--kv-load-failure-policy", "hope")
                        .err())
                .contains("kv-load-failure-policy is fail or recompute, not hope");
    }
}
