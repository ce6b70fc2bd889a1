package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where one of many endpoints changes, the others are watched and reached as before. */
class PoolEnginesTest {
    private final EngineTrust trust = new EngineTrust();

    private static PoolSource.Listed listed(String id, String address) {
        return new PoolSource.Listed(
                new Endpoint(id, address, Role.BOTH, Map.of()), false, "10.1.0.1:8000", Optional.empty());
    }

    @Test
    void onlyWhatHasChangedIsMadeAnew(@TempDir Path dir) throws Exception {
        PoolConfig pool;
        try (ScriptedEngine any = new ScriptedEngine("base")) {
            pool = GatewayFixture.load(dir, List.of(any), "", "", "")
                    .config()
                    .orElseThrow()
                    .pools()
                    .getFirst();
        }
        PoolEngines first =
                PoolEngines.of(pool, List.of(listed("a", "10.0.0.1:80"), listed("b", "10.0.0.2:80")), trust);
        PoolEngines next = first.changed(
                pool,
                List.of(listed("c", "10.0.0.3:80"), listed("b", "10.0.0.9:80"), listed("a", "10.0.0.1:80")),
                trust);
        assertThat(next.targets()).extracting(t -> t.id()).containsExactly("chat/c", "chat/b", "chat/a");
        assertThat(next.targets().getFirst().metrics()).hasToString("http://10.1.0.1:8000/metrics");
        assertThat(next.targets().get(2)).isSameAs(first.targets().get(0));
        assertThat(next.ways().get("a")).isSameAs(first.ways().get("a"));
        assertThat(next.ways())
                .hasEntrySatisfying("b", way -> assertThat(way.address()).isEqualTo("10.0.0.9:80"));
        assertThat(next.listed()).extracting(l -> l.endpoint().id()).containsExactly("c", "b", "a");
    }
}
