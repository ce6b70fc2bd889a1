package dev.sluice.gateway.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.http.Loop;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Engines that are watched from the loop that requests run on. */
class LoopedEnginesTest extends EnginesTest {
    private final Loop loop = Loop.start("engines");

    @BeforeEach
    void threadsCanBeMounted() {
        assertThat(loop.mounts()).isTrue();
    }

    @AfterEach
    void stop() {
        loop.close();
    }

    @Override
    Ground ground(EngineTarget target) {
        return LoopGround.of(loop, target);
    }

    @Test
    void namesAndTlsAreLeftToTheJdk() {
        assertThat(ground(target("http://127.0.0.1:1"))).isInstanceOf(LoopGround.class);
        assertThat(ground(target("http://[::1]:1"))).isInstanceOf(LoopGround.class);
        assertThat(ground(target("http://localhost:1"))).isSameAs(Ground.JDK);
        assertThat(ground(target("https://127.0.0.1:1"))).isSameAs(Ground.JDK);
    }

    private static EngineTarget target(String url) {
        return new EngineTarget("a", URI.create(url), Optional.empty(), Set.of());
    }
}
