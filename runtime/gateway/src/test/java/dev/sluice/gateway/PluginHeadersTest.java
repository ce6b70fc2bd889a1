package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.http.HeaderBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PluginHeadersTest {
    private final PluginHeaders headers = new PluginHeaders();

    @Test
    void whatAPluginSetsIsSentAndTheLastWordCounts() {
        headers.set("X-Session-Token", "one");
        headers.set("x-session-token", " two ");
        headers.set("set-cookie", "a=b; Path=/");
        assertThat(headers.addTo(new HeaderBlock())).hasToString("x-session-token: two\r\nset-cookie: a=b; Path=/\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a b",
                "a:b",
                "a\r\nb",
                "Content-Length",
                "content-type",
                "Transfer-Encoding",
                "connection",
                "x-sluice-id",
                "X-Request-Id",
                "date",
                "cache-control"
            })
    void namesThatCantOrMustNotBeSentAreRefused(String name) {
        assertThatThrownBy(() -> headers.set(name, "v")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> headers.set("x".repeat(65), "v")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nx-evil: 1", "a\nb", "\u0000", "\u00e4", "tab\there"})
    void valuesThatCantBeSentAreRefused(String value) {
        assertThatThrownBy(() -> headers.set("x-mine", value)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void headersAreBounded() {
        assertThatThrownBy(() -> headers.set("x-long", "v".repeat(1025))).isInstanceOf(IllegalArgumentException.class);
        for (int i = 0; i < 16; i++) {
            headers.set("x-" + i, "v");
        }
        headers.set("x-3", "again");
        assertThatThrownBy(() -> headers.set("x-17", "v")).isInstanceOf(IllegalArgumentException.class);
    }
}
