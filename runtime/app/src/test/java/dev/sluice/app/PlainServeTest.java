package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plain command line is read without picocli, and as picocli reads it. */
class PlainServeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "serve --config a.yaml",
                "serve --config /etc/sluice/gateway.yaml --port 0",
                "serve --port 8080 --config a.yaml --admin-port 9190 --metrics-port 9191",
                "serve --plugins /opt/plugins --config a.yaml --endpoints e.yaml --port +5",
            })
    void itIsReadAsPicocliReadsIt(String line) {
        String[] words = line.split(" ");
        ServeCommand picocli = (ServeCommand) Main.commandLine(words)
                .parseArgs(words)
                .subcommand()
                .commandSpec()
                .userObject();
        assertThat(ServeCommand.plain(words))
                .hasValueSatisfying(c -> assertThat(c.asked()).isEqualTo(picocli.asked()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "serve",
                "serve --help",
                "serve --config",
                "serve --config=a.yaml",
                "serve --config a.yaml --config b.yaml",
                "serve --config --port",
                "serve --config a.yaml --port x",
                "serve --config a.yaml --port 99999999999",
                "serve --config a.yaml --unknown x",
                "serve --config a.yaml more",
                "serve --config @words",
                "serve --endpoints e.yaml",
                "check --config a.yaml",
                "demo --config a.yaml",
            })
    void everythingElseIsLeftToPicocli(String line) {
        assertThat(ServeCommand.plain(line.split(" "))).isEmpty();
    }

    @Test
    void noWordsAtAllAreLeftToPicocli() {
        assertThat(ServeCommand.plain()).isEmpty();
        assertThat(ServeCommand.plain("serve", "--config", "")).isEmpty();
    }

    @Test
    void whatGoesWrongIsSaidInTheSameWay() {
        Ran plain = Ran.of("serve", "--config", "/nowhere/gateway.yaml");
        Ran picocli = Ran.of("serve", "--config=/nowhere/gateway.yaml");
        assertThat(plain.code()).isEqualTo(picocli.code()).isEqualTo(Main.WRONG_USE);
        assertThat(plain.err()).isEqualTo(picocli.err()).contains("/nowhere/gateway.yaml");
    }
}
