package dev.sluice.plugins;

import static dev.sluice.plugins.Golden.UNKNOWN;
import static dev.sluice.plugins.Golden.kept;
import static dev.sluice.plugins.Golden.scores;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugins.SessionAffinityConfig.EncodedEndpointHeader;
import dev.sluice.plugins.SessionAffinityConfig.SessionId;
import dev.sluice.plugins.SessionAffinityConfig.Source;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Signal;
import dev.sluice.spi.testkit.TestCandidates;
import dev.sluice.spi.testkit.TestChoice;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SessionAffinityTest {
    private static final long SECOND = 1_000_000_000;

    private final TestCandidates three = TestCandidates.of(3);

    @Test
    void anAnswersTokenBringsTheNextRequestToTheSameEndpoint() {
        SessionAffinityFilter filter = new SessionAffinityFilter(SessionAffinityConfig.of("encoded_endpoint_header"));
        Map<String, String> headers = answer(filter, TestChoice.of(three.endpoint(1)));
        assertThat(headers).containsOnlyKeys("x-session-token");
        String token = headers.getOrDefault("x-session-token", "");
        assertThat(kept(filter, TestRequest.PLAIN.withHeader("x-session-token", token), three))
                .containsExactly(1);
        assertThat(filter.stateful()).isFalse();
    }

    @Test
    void withoutATokenOrWithOneOfNobodyHereAllStay() {
        SessionAffinityFilter filter = new SessionAffinityFilter(SessionAffinityConfig.of("encoded_endpoint_header"));
        String gone = answer(filter, TestChoice.of(TestCandidates.endpoint("gone", Map.of())))
                .getOrDefault("x-session-token", "");
        for (String token : List.of("", gone, "%%%", "x".repeat(5000))) {
            assertThat(kept(filter, TestRequest.PLAIN.withHeader("x-session-token", token), three))
                    .containsExactly(0, 1, 2);
        }
        assertThat(kept(filter, TestRequest.PLAIN, three)).containsExactly(0, 1, 2);
        assertThat(kept(filter, TestRequest.PLAIN.withHeader("x-session-token", gone), TestCandidates.of(0)))
                .isEmpty();
    }

    @Test
    void anOpaqueTokenShowsNoNameAndAPlainOneIsLlmds() {
        EndpointTokens opaque = new EndpointTokens(SessionAffinityConfig.of("encoded_endpoint_header"));
        EndpointTokens plain = new EndpointTokens(tokens("plain", Optional.empty()));
        assertThat(opaque.token("models/vllm-0"))
                .hasSize(24)
                .doesNotContain("vllm")
                .isEqualTo(opaque.token("models/vllm-0"));
        assertThat(opaque.token("models/vllm-0")).isNotEqualTo(opaque.token("models/vllm-1"));
        // base64 of "models/vllm-0" and of "default/vllm-0"
        assertThat(plain.token("models/vllm-0")).isEqualTo("bW9kZWxzL3ZsbG0tMA==");
        assertThat(plain.token("vllm-0")).isEqualTo("ZGVmYXVsdC92bGxtLTA=");
        TestCandidates named = TestCandidates.of(List.of(
                TestCandidates.endpoint("models/vllm-0", Map.of()),
                TestCandidates.endpoint("models/vllm-1", Map.of())));
        assertThat(plain.tied(TestRequest.PLAIN.withHeader("x-session-token", "bW9kZWxzL3ZsbG0tMA=="), named))
                .isZero();
    }

    @Test
    void aKeyMakesOtherTokensAndTheSameOnesOnEveryReplica() {
        EndpointTokens one = new EndpointTokens(tokens("opaque", Optional.of("k1")));
        EndpointTokens same = new EndpointTokens(tokens("opaque", Optional.of("k1")));
        EndpointTokens other = new EndpointTokens(tokens("opaque", Optional.of("k2")));
        assertThat(one.token("e1")).isEqualTo(same.token("e1")).isNotEqualTo(other.token("e1"));
        assertThatThrownBy(() -> tokens("plain", Optional.of("k"))).isInstanceOf(ConfigException.class);
    }

    @Test
    void manyEndpointsComeAndGoWithoutFillingTheMemory() {
        EndpointTokens tokens = new EndpointTokens(SessionAffinityConfig.of("encoded_endpoint_header"));
        String first = tokens.token("e0");
        for (int i = 1; i < 20_000; i++) {
            tokens.token("e" + i);
        }
        assertThat(tokens.token("e0")).isEqualTo(first);
    }

    @Test
    void theTokenIsOfTheProfileThatIsAskedFor() {
        SessionAffinityConfig config = new SessionAffinityConfig(
                "encoded_endpoint_header",
                "",
                "prefill",
                300,
                10,
                Optional.of(new EncodedEndpointHeader("X-Session-Token-Prefill")),
                Optional.empty(),
                "plain",
                Optional.empty());
        SessionAffinityFilter filter = new SessionAffinityFilter(config);
        TestChoice decodeOnly = TestChoice.of(three.endpoint(0));
        assertThat(answer(filter, decodeOnly)).isEmpty();
        assertThat(answer(filter, decodeOnly.and("prefill", three.endpoint(2))))
                .containsExactly(Map.entry("x-session-token-prefill", "ZGVmYXVsdC9lMg=="));
    }

    @Test
    void aSessionIsBoundToWhereItsFirstRequestWent() {
        SessionAffinityFilter filter = new SessionAffinityFilter(SessionAffinityConfig.of("session_id"));
        TestRequest inSession = TestRequest.PLAIN.withHeader("x-session-id", "s1");
        assertThat(kept(filter, inSession, three)).containsExactly(0, 1, 2);
        filter.chosen(inSession, three, TestChoice.of(three.endpoint(2)));
        assertThat(kept(filter, inSession, three)).containsExactly(2);
        assertThat(kept(filter, TestRequest.PLAIN.withHeader("x-session-id", "s2"), three))
                .containsExactly(0, 1, 2);
        assertThat(kept(filter, TestRequest.PLAIN, three)).containsExactly(0, 1, 2);
        assertThat(answer(filter, TestChoice.of(three.endpoint(2)))).isEmpty();
        assertThat(filter.stateful()).isTrue();
    }

    @Test
    void aSessionMovesOnlyWhenItsEndpointIsNotThere() {
        SessionAffinityFilter filter = new SessionAffinityFilter(SessionAffinityConfig.of("session_id"));
        TestRequest inSession = TestRequest.PLAIN.withHeader("x-session-id", "s1");
        filter.chosen(inSession, three, TestChoice.of(three.endpoint(0)));
        filter.chosen(inSession, three, TestChoice.of(three.endpoint(1)));
        assertThat(kept(filter, inSession, three)).containsExactly(0);
        TestCandidates others = TestCandidates.of(List.of(three.endpoint(1), three.endpoint(2)));
        assertThat(kept(filter, inSession, others)).containsExactly(0, 1);
        filter.chosen(inSession, others, TestChoice.of(three.endpoint(2)));
        assertThat(kept(filter, inSession, three)).containsExactly(2);
    }

    @Test
    void aBindingEndsWhenItIsNotUsedForItsTime() {
        SessionAffinityFilter filter = new SessionAffinityFilter(SessionAffinityConfig.of("session_id"));
        TestRequest inSession = TestRequest.PLAIN.withHeader("x-session-id", "s1");
        filter.chosen(inSession, three, TestChoice.of(three.endpoint(0)));
        assertThat(kept(filter, inSession, three.at(300 * SECOND))).containsExactly(0);
        filter.chosen(inSession, three, TestChoice.of(three.endpoint(0)).at(200 * SECOND));
        assertThat(kept(filter, inSession, three.at(500 * SECOND))).containsExactly(0);
        assertThat(kept(filter, inSession, three.at(501 * SECOND))).containsExactly(0, 1, 2);
        filter.chosen(inSession, three, TestChoice.of(three.endpoint(1)).at(501 * SECOND));
        assertThat(kept(filter, inSession, three.at(501 * SECOND))).containsExactly(1);
    }

    @Test
    void bindingsAreBoundedAndTheOldestGoFirst() {
        BoundSessions bound = new BoundSessions(SessionAffinityConfig.of("session_id"), 2);
        for (int i = 0; i < 3; i++) {
            bound.chosen(
                    session("s" + i), three, TestChoice.of(three.endpoint(i)).at(i));
        }
        assertThat(bound.size()).isEqualTo(2);
        assertThat(bound.tied(session("s0"), three)).isEqualTo(-1);
        assertThat(bound.tied(session("s2"), three)).isEqualTo(2);
        bound.chosen(session("s9"), three, TestChoice.of(three.endpoint(0)).at(1000 * SECOND));
        assertThat(bound.size()).isEqualTo(1);
    }

    @Test
    void theIdIsReadWhereTheConfigurationSays() {
        SessionAffinityConfig config = new SessionAffinityConfig(
                "session_id",
                "x-ignored",
                "",
                300,
                10,
                Optional.empty(),
                Optional.of(new SessionId(List.of(new Source("X-Mine", ""), new Source("", "agent-identity")), 60, 10)),
                "opaque",
                Optional.empty());
        BoundSessions bound = new BoundSessions(config);
        bound.chosen(TestRequest.PLAIN.withSession("agent"), three, TestChoice.of(three.endpoint(1)));
        assertThat(bound.tied(TestRequest.PLAIN.withSession("agent"), three)).isEqualTo(1);
        assertThat(bound.tied(TestRequest.PLAIN.withHeader("x-mine", " agent "), three))
                .isEqualTo(1);
        assertThat(bound.tied(TestRequest.PLAIN.withSession("agent"), three.at(61 * SECOND)))
                .isEqualTo(-1);
        assertThatThrownBy(() -> new Source("", "other"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("'other' is not supported");
        assertThatThrownBy(() -> new Source("", "")).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> new Source("a", "agent-identity")).isInstanceOf(ConfigException.class);
    }

    @Test
    void theScorerGivesOneToTheTiedAndNoVoteWithoutASession() {
        SessionAffinityScorer scorer = new SessionAffinityScorer(SessionAffinityConfig.of("encoded_endpoint_header"));
        String token = new EndpointTokens(SessionAffinityConfig.of("encoded_endpoint_header")).token("e2");
        assertThat(scores(scorer, TestRequest.PLAIN.withHeader("x-session-token", token), three))
                .containsExactly(0, 0, 1);
        assertThat(scores(scorer, TestRequest.PLAIN, three)).containsExactly(UNKNOWN, UNKNOWN, UNKNOWN);
        // Without a token it goes by what the gateway knows of the session.
        assertThat(scores(scorer, TestRequest.PLAIN, three.with(Signal.SESSION, 0, 1, 0)))
                .containsExactly(0, 1, 0);
        SessionAffinityScorer byId = new SessionAffinityScorer(SessionAffinityConfig.of("session_id"));
        assertThat(scores(byId, session("s1"), three)).containsExactly(UNKNOWN, UNKNOWN, UNKNOWN);
        byId.chosen(session("s1"), three, TestChoice.of(three.endpoint(0)));
        assertThat(scores(byId, session("s1"), three)).containsExactly(1, 0, 0);
    }

    private static TestRequest session(String id) {
        return TestRequest.PLAIN.withHeader("x-session-id", id);
    }

    private static SessionAffinityConfig tokens(String form, Optional<String> key) {
        return new SessionAffinityConfig(
                "encoded_endpoint_header", "", "", 300, 10, Optional.empty(), Optional.empty(), form, key);
    }

    private static Map<String, String> answer(SessionAffinityFilter filter, TestChoice choice) {
        Map<String, String> headers = new TreeMap<>();
        filter.write(TestRequest.PLAIN, choice, headers::put);
        return headers;
    }
}
