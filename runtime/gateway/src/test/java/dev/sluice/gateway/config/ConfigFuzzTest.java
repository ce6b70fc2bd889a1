package dev.sluice.gateway.config;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Configurations and tenants' files: whatever the text, the outcome is a configuration or errors with places in the file; what is
 * said to be no YAML is none; what is in force, written down, is read as the same again.
 */
class ConfigFuzzTest {
    private static final String MASK = "\"***\"";
    private static final Path TENANT = Path.of("tenant.yaml");

    @TempDir
    static Path directory;

    private static String text(byte[] input) {
        return new String(input, StandardCharsets.UTF_8);
    }

    @FuzzTest
    void gateway(byte[] input) throws IOException {
        String text = text(input);
        Loaded loaded = Loads.load(directory, text);
        check(loaded.config().isPresent() == loaded.errors().isEmpty(), "a configuration, or errors", text);
        places(text, "gateway.yaml", loaded.errors(), loaded.warnings());
        yaml(text, loaded.errors());
        if (loaded.config().isPresent()) {
            String shown = EffectiveConfig.json(loaded.config().get(), loaded.catalog());
            if (!shown.contains(MASK)) {
                Loaded again = Loads.load(directory, shown);
                check(again.errors().isEmpty(), "what is in force is good: " + again.errors(), shown);
                String twice = EffectiveConfig.json(again.config().orElseThrow(), again.catalog());
                check(twice.equals(shown), "what is in force reads as the same, not " + twice, shown);
            }
        }
    }

    @FuzzTest
    void tenant(byte[] input) throws IOException {
        String text = text(input);
        GatewayConfig gateway = Gateway.CONFIG;
        TenantFile file = TenantFile.read(TENANT, text, gateway, SamplePlugin.catalog());
        check(file.config().isPresent() == file.errors().isEmpty(), "a tenant, or errors", text);
        places(text, "tenant.yaml", file.errors(), file.warnings());
        yaml(text, file.errors());
        if (file.config().isPresent()) {
            check(file.config().get().tenant().equals(file.tenant()), "whose it is", text);
            check(file.config().get().keys().equals(file.keys()), "its keys", text);
            check(file.config().get().match().equals(file.match()), "its rules", text);
            check(new TenantConflicts(gateway).add(file).isEmpty(), "no conflict with nobody", text);
        }
        check(file.keys().stream().allMatch(key -> !key.id().isEmpty()), "keys have names", text);
    }

    /** Read once, of a file of its own. */
    private static final class Gateway {
        static final GatewayConfig CONFIG = config();

        private static GatewayConfig config() {
            try {
                return Loads.good(Files.createTempDirectory(directory, "gateway"), TenantFilesTest.GATEWAY);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private static void places(String text, String name, List<ConfigError> errors, List<ConfigError> warnings) {
        long lines = text.lines().count() + 2;
        for (List<ConfigError> list : List.of(errors, warnings)) {
            for (ConfigError error : list) {
                check(error.line() > 0 && error.column() > 0, "a place: " + error, text);
                check(!error.file().endsWith(name) || error.line() <= lines, "a place within the file: " + error, text);
                check(!error.message().isBlank(), "words: " + error, text);
                check(error.message().indexOf('\n') < 0, "one line: " + error, text);
            }
        }
    }

    /** "not YAML" is said exactly where the YAML library itself gives up. */
    private static void yaml(String text, List<ConfigError> errors) {
        boolean said = errors.stream().anyMatch(error -> error.message().startsWith("not YAML"));
        boolean gaveUp = false;
        try {
            new Compose(LoadSettings.builder().setMaxAliasesForCollections(50).build())
                    .composeAllFromString(text)
                    .forEach(node -> {});
        } catch (YamlEngineException | StackOverflowError no) {
            gaveUp = true;
        }
        check(!said || gaveUp, "it is YAML", text);
    }

    private static void check(boolean holds, String what, String text) {
        if (!holds) {
            throw new AssertionError("does not hold: " + what + "\nof:\n" + text);
        }
    }
}
