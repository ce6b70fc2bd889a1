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
    }
}
