package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandlersTest {
    private static final List<String> PROFILES = List.of("encode", "prefill", "decode");

    private final ProfileHandler handler = new HeaderProfileHandler(new HeaderProfileConfig("EPP-Profile", "decode"));

    @Test
    void theProfileThatTheHeaderNamesRunsAlone() {
        TestRequest prefill = TestRequest.PLAIN.withHeader("epp-profile", " prefill ");
        assertThat(handler.next(prefill, PROFILES, List.of())).contains("prefill");
        assertThat(handler.next(prefill, PROFILES, List.of("prefill"))).isEmpty();
        assertThat(handler.primary(prefill, List.of("prefill"))).isEqualTo("prefill");
    }

    @Test
    void oneThatNamesNoneOrNoneThatThereIsGetsTheDefault() {
        assertThat(handler.next(TestRequest.PLAIN, PROFILES, List.of())).contains("decode");
        assertThat(handler.next(TestRequest.PLAIN.withHeader("epp-profile", ""), PROFILES, List.of()))
                .contains("decode");
        assertThat(handler.next(TestRequest.PLAIN.withHeader("epp-profile", "Prefill"), PROFILES, List.of()))
                .contains("decode");
        assertThat(handler.next(TestRequest.PLAIN, List.of("one", "two"), List.of()))
                .contains("one");
        assertThat(handler.next(TestRequest.PLAIN, List.of(), List.of())).isEmpty();
        assertThatThrownBy(() -> new HeaderProfileConfig("", "decode")).isInstanceOf(ConfigException.class);
    }

    @Test
    void agentsAreKnownByTheHeadersOfTheirSessions() {
        AgentIdentity identity = new AgentIdentity(new AgentIdentityConfig(List.of(" X-Mine ", "")));
        TestRequest codex = TestRequest.PLAIN.withHeader("session_id", "c").withHeader("x-session-id", "other");
        assertThat(identity.key(codex)).contains("c");
        assertThat(identity.key(codex.withHeader("session-id", "b"))).contains("b");
        assertThat(identity.key(codex.withHeader("x-claude-code-session-id", " a ")))
                .contains("a");
        assertThat(identity.key(codex.withHeader("x-claude-code-session-id", " ")))
                .contains("c");
        assertThat(identity.key(codex.withHeader("x-session-affinity", "o").withHeader("x-mine", "m")))
                .contains("m");
        assertThat(identity.key(TestRequest.PLAIN)).isEmpty();
    }
}
