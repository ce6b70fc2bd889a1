package dev.sluice.app;

import dev.sluice.gateway.tenant.ApiKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "key",
        mixinStandardHelpOptions = true,
        description = "Makes API keys for tenant files.",
        subcommands = {KeyCommand.New.class, KeyCommand.Hash.class})
final class KeyCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "new or hash?");
    }

    @Command(
            name = "new",
            mixinStandardHelpOptions = true,
            description =
                    "Makes a key: the secret on stdout, for whoever uses it; the line for the tenant file, which holds"
                            + " no secret, on stderr.")
    static final class New implements Callable<Integer> {
        @Option(
                names = "--id",
                paramLabel = "ID",
                description =
                        "Names the key in logs: lower-case letters, digits and '-', at most 40. Default: a random one.")
        private Optional<String> id = Optional.empty();

        @Option(
                names = "--expires",
                paramLabel = "TIME",
                description = "When it ends, such as 2027-01-01T00:00:00Z. Default: never.")
        private Optional<String> expires = Optional.empty();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() {
            String name = id.orElseGet(ApiKey::anyId);
            if (!name.matches("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")) {
                throw new ParameterException(
                        spec.commandLine(), "--id must be lower-case letters, digits and '-', at most 40");
            }
            if (expires.isPresent() && !isTime(expires.get())) {
                throw new ParameterException(
                        spec.commandLine(), "--expires must be a time such as 2027-01-01T00:00:00Z, or a day");
            }
            String key = ApiKey.make(name);
            spec.commandLine().getErr().println(line(name, ApiKey.hash(key), expires));
            spec.commandLine().getOut().println(key);
            spec.commandLine().getErr().flush();
            spec.commandLine().getOut().flush();
            return Main.FINE;
        }

        /** As a tenant file takes it: the line must be good where it goes. */
        private static boolean isTime(String text) {
            try {
                if (text.length() == "2027-01-01".length()) {
                    LocalDate.parse(text);
                } else {
                    OffsetDateTime.parse(text);
                }
                return true;
            } catch (DateTimeException none) {
                return false;
            }
        }

        private static String line(String id, String hash, Optional<String> expires) {
            return "  - {id: " + id + ", sha256: \"" + hash + "\""
                    + expires.map(end -> ", expires: " + end).orElse("") + "}";
        }
    }

    @Command(
            name = "hash",
            mixinStandardHelpOptions = true,
            description =
                    "Prints the SHA-256 of a key, for a tenant file. The key is read from standard input, where no"
                            + " other process sees it, or given.")
    static final class Hash implements Callable<Integer> {
        @Parameters(arity = "0..1", paramLabel = "KEY", description = "The key; better: standard input.")
        private Optional<String> key = Optional.empty();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() throws IOException {
            String secret = key.isPresent() ? key.get() : line();
            if (secret.isBlank()) {
                throw new ParameterException(spec.commandLine(), "there is no key on standard input");
            }
            spec.commandLine().getOut().println(ApiKey.hash(secret.strip()));
            spec.commandLine().getOut().flush();
            return Main.FINE;
        }

        private static String line() throws IOException {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String line = in.readLine();
            return line == null ? "" : line;
        }
    }
}
