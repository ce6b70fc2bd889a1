package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BinderTest {
    @Removed(key = "ttl", use = "`expiry`")
    @Removed(key = "size", use = "`limits.body`")
    record Changed(Optional<String> expiry) {}

    record Broken(int divisor) {
        Broken {
            divisor = 10 / divisor;
        }
    }

    @Test
    void aRemovedKeyNamesItsSuccessor() {
        assertThat(errors(Changed.class, "{ttl: 1s, expiry: never}"))
                .containsExactly("f:1:2: ttl: was removed: use `expiry`");
        assertThat(errors(Changed.class, "size: 3")).containsExactly("f:1:1: size: was removed: use `limits.body`");
    }

    @Test
    void anExceptionOfARecordIsReportedAndNotThrown() {
        assertThat(errors(Broken.class, "divisor: 0"))
                .containsExactly("f:1:1: refused with java.lang.ArithmeticException: / by zero");
    }

    @Test
    void twoPluginsThatBringOneTypeAreAnError() {
        Plugin other = new Plugin() {
            @Override
            public String id() {
                return "other";
            }

            @Override
            public List<Factory<?>> factories() {
                return new SamplePlugin().factories();
            }
        };
        assertThatThrownBy(() -> Catalog.of(List.of(new SamplePlugin(), other)))
                .hasMessage("plugins sample and other both bring the type queue-scorer");
        assertThatThrownBy(() -> Catalog.of(List.of(new SamplePlugin(), new SamplePlugin())))
                .hasMessage("two plugins have the id sample");
    }

    private static List<String> errors(Class<? extends Record> type, String text) {
        Problems problems = new Problems(name -> Optional.empty());
        Node node = Yaml.read("f", text, problems).orElseThrow();
        Optional<?> bound = new Binder(Codecs.common()).bind(type, node, new Reading("", Path.of("f"), problems));
        assertThat(bound.isPresent() && problems.none()).isFalse();
        return problems.errors().stream().map(ConfigError::toString).toList();
    }
}
