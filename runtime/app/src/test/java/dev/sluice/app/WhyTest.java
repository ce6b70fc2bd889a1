package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class WhyTest {
    private static final String EXPLANATION = """
            "policy": "careful", "weights": {"prefix": 3.0, "queue": 2.0},
            "candidates": [
              {"endpoint": "b:1", "state": "ready", "removedBy": "", "total": 1.25,
               "scores": {"prefix": 0.0, "queue": 0.625}, "terms": {"zero": 0.0}, "cachedTokens": 0.0,
               "pendingPrefillTokens": 12.0},
              {"endpoint": "c:1", "state": "ejected", "removedBy": "state ejected", "total": null, "scores": {},
               "terms": {}, "cachedTokens": 0.0, "pendingPrefillTokens": 0.0},
              {"endpoint": "a:1", "state": "ready", "removedBy": "", "total": 3.5,
               "scores": {"prefix": 0.9, "queue": null}, "terms": {"cost_ms": 132.9159, "zero": 0.0},
               "cachedTokens": 3199.0, "pendingPrefillTokens": 0.0}],
            "picked": "a:1", "runnerUp": "b:1",
            "counterfactual": {"endpoint": "b:1", "signal": "cached_tokens", "was": 0.0, "becomes": 3201.7,
              "picked": "b:1"},
            "abstained": {"zone-price": "took longer than 2 ms"}, "note": ""
            """;

    private static final String TABLE = """

              endpoint  state               total  prefix x3  queue x2  cached  to compute  cost_ms
            * a:1       ready                 3.5        0.9         -   3,199           0      133
              b:1       ready                1.25          0     0.625       0        12        -
              c:1       out: state ejected      -          -         -       0           0        -

            It would have been b:1 if cached_tokens at b:1 were 3,202 instead of 0.
            no vote: zone-price: took longer than 2 ms
            """;

    @Test
    void anExplanationIsSentencesAndOneTableWithThePickOnTop() throws Exception {
        String json = "{\"decision\":{\"id\":\"slc-1\",\"clientId\":\"mine\",\"at\":\"2026-01-02T03:04:05Z\","
                + "\"tenant\":\"anonymous\",\"route\":\"/v1/messages\",\"model\":\"m\",\"pool\":\"chat\",\"attempt\":2,"
                + "\"outcome\":\"completed\",\"durationMs\":140.4,\"endpoint\":\"a:1\",\"promptTokens\":3288,"
                + "\"cachedTokens\":3199,\"reportedCachedTokens\":3200}," + EXPLANATION + "}";
        assertThat(Why.explained(new ObjectMapper().readTree(json)))
                .isEqualTo("""
                        slc-1 (mine)  2026-01-02T03:04:05Z  /v1/messages
                        tenant anonymous, model m, pool chat, policy careful, 3,288 prompt tokens
                        attempt 2: completed after 140 ms; 3,199 tokens were predicted to be cached, the engine found 3,200
                        picked: a:1, before b:1
                        """ + TABLE.replace("        12        -", "          12        -"));
    }

    @Test
    void aRehearsalSaysThatNothingWasSent() throws Exception {
        String json = "{\"tenant\":\"t\",\"model\":\"m\",\"pool\":\"chat\",\"promptTokens\":12,"
                + "\"plan\":[\"serve at a:1\"],\"explanation\":{" + EXPLANATION + "}}";
        assertThat(Why.rehearsed(new ObjectMapper().readTree(json)))
                .startsWith("""
                        tenant t, model m, pool chat, policy careful, 12 prompt tokens; nothing was sent
                        plan: serve at a:1
                        picked: a:1, before b:1
                        """)
                .contains("* a:1");
    }

    @Test
    void aRefusalHasNoPick() throws Exception {
        assertThat(
                        Why.rehearsed(
                                new ObjectMapper()
                                        .readTree(
                                                "{\"plan\":[],\"explanation\":{\"candidates\":[],\"picked\":\"\",\"note\":\"refused: NO_ENDPOINT\"}}")))
                .contains("plan: none\n", "note: refused: NO_ENDPOINT\n", "went nowhere\n");
    }
}
