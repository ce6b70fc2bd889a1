package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageCommandTest {
    private static final String LOG = """
        {"time":"2026-11-27T10:59:59.9Z","tenant":"acme","model":"chat","promptTokens":1000,"cachedTokens":400,"outputTokens":10,"engineSeconds":{"prefill":0.25,"decode":0.5},"outcome":"ok"}
        {"time":"2026-11-27T11:00:00Z","tenant":"acme","model":"chat","promptTokens":2000,"outputTokens":20,"engineSeconds":{"decode":1},"outcome":"ok"}

        {"time":"2026-11-28T11:00:01Z","tenant":"beta","model":"small","promptTokens":5,"cachedTokens":9,"outputTokens":-1,"engineSeconds":{},"outcome":"cancelled"}
        """;

    @TempDir
    Path directory;

    private String log(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    @Test
    void aTableAddsUpByTenantAndModel() throws IOException {
        Ran ran = Ran.of("usage", log("usage.jsonl", LOG));

        assertThat(ran.code()).isZero();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out().lines())
                .containsExactly(
                        "tenant  model  requests  prompt  cached  output  engine s",
                        "acme    chat          2    3000     400      30       1.8",
                        "beta    small         1       5       5       0       0.0");
    }

    @Test
    void severalFilesAreOneLogAndDaysAndHoursAreFields() throws IOException {
        Ran ran = Ran.of("usage", log("usage.jsonl", LOG), log("usage.jsonl.1", LOG), "--by", "day,outcome", "--json");

        assertThat(ran.code()).isZero();
        JsonNode rows = new ObjectMapper().readTree(ran.out());
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).path("day").asText()).isEqualTo("2026-11-27");
        assertThat(rows.get(0).path("outcome").asText()).isEqualTo("ok");
        assertThat(rows.get(0).path("requests").asLong()).isEqualTo(4);
        assertThat(rows.get(0).path("promptTokens").asLong()).isEqualTo(6000);
        assertThat(rows.get(0).path("engineSeconds").asDouble()).isEqualTo(3.5);
        assertThat(rows.get(0).has("cost")).isFalse();
        assertThat(Ran.of("usage", log("usage.jsonl", LOG), "--by", "hour").out())
                .contains("2026-11-27T10", "2026-11-27T11", "2026-11-28T11");
    }

    @Test
    void pricesAreOfAMillionTokensAndCachedOnesHaveTheirOwn() throws IOException {
        String prices =
                log("prices.yaml", "chat: {input: 2, cached: 0.5, output: 10}\ndefault: {input: 1, output: 1}\n");
        Ran ran = Ran.of("usage", log("usage.jsonl", LOG), "--prices", prices, "--json");

        assertThat(ran.code()).isZero();
        JsonNode rows = new ObjectMapper().readTree(ran.out());
        // (3000 - 400) * 2 + 400 * 0.5 + 30 * 10, of a million
        assertThat(rows.get(0).path("cost").asDouble()).isEqualTo(0.0057);
        assertThat(rows.get(1).path("cost").asDouble()).isEqualTo(0.000005);
        assertThat(Ran.of("usage", log("usage.jsonl", LOG), "--prices", prices).out())
                .contains("cost", "0.0057");
    }

    @Test
    void aModelWithoutAPriceCostsNothing() throws IOException {
        String prices = log("prices.yaml", "chat: {input: 2, output: 10}\n");
        JsonNode rows = new ObjectMapper()
                .readTree(Ran.of("usage", log("usage.jsonl", LOG), "--prices", prices, "--json")
                        .out());

        assertThat(rows.get(0).path("cost").asDouble()).isEqualTo(0.0063);
        assertThat(rows.get(1).path("cost").asDouble()).isZero();
    }

    @Test
    void aLineThatWasCutIsCountedAndTheRestAddsUp() throws IOException {
        Ran ran = Ran.of("usage", log("usage.jsonl", LOG + "{\"time\":\"2026-11-28T12"), "--by", "tenant");

        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).contains("1 lines could not be read");
        assertThat(ran.out()).contains("acme", "beta");
        assertThat(Ran.of("usage", log("other.jsonl", "[]\n{\"tenant\":\"acme\"}\n"))
                        .err())
                .contains("2 lines could not be read");
    }

    @Test
    void wrongUseIsTwoAndAFileThatIsNotThereIsOne() throws IOException {
        Ran unknown = Ran.of("usage", log("usage.jsonl", LOG), "--by", "tenant,prompt");

        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("--by knows tenant, key, pool", "not prompt");
        assertThat(Ran.of("usage").code()).isEqualTo(2);
        assertThat(Ran.of("usage", directory.resolve("none").toString()).code()).isEqualTo(1);
    }

    @Test
    void pricesThatAreNoneAreSaidSo() throws IOException {
        String log = log("usage.jsonl", LOG);
        for (String wrong :
                new String[] {"chat: {input: free, output: 1}\n", "chat: {input: -1, output: 1}\n", "- 1\n", "a: [\n"
                }) {
            Ran ran = Ran.of("usage", log, "--prices", log("prices.yaml", wrong));
            assertThat(ran.code()).as(wrong).isEqualTo(1);
            assertThat(ran.err()).as(wrong).contains("prices.yaml");
            assertThat(ran.out()).as(wrong).isEmpty();
        }
    }
}
