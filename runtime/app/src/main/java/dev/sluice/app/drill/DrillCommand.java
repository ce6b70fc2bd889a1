package dev.sluice.app.drill;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code drill}: breaks things on purpose, and says what clients noticed. */
@Command(
        name = "drill",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = "Breaks things on purpose: gateways in processes of their own behind a small balancer, simulated"
                + " engines, clients with streams. Prints what clients noticed beside the bars; ends with 1 when"
                + " one is missed. Several drills run one after the other; without any, short forms of --rolls and"
                + " --kills.")
public final class DrillCommand implements Callable<Integer> {
    private static final int SHORT_ROLLS = 4;
    private static final int SHORT_KILLS = 3;

    @Option(
            names = "--rolls",
            paramLabel = "N",
            description = "Rolling updates of both gateways (SIGTERM). No request may fail.")
    private int rolls;

    @Option(
            names = "--kills",
            paramLabel = "N",
            description = "Gateways killed (SIGKILL). What had not begun must succeed, after one retry.")
    private int kills;

    @Option(
            names = "--faults",
            description = "Engines, gateways, configuration and keys are broken in every way, up to three at a time. No"
                    + " answer may look complete and not be so, and no request be without an end.")
    private boolean faults;

    @Option(
            names = "--overload",
            description =
                    "Five times as many requests as the engines can serve: goodput stays, who is admitted hardly waits"
                            + " longer, refusals come at once, memory is flat.")
    private boolean overload;

    @Option(
            names = "--soak",
            paramLabel = "DURATION",
            converter = Lengths.class,
            description =
                    "So long, such as 15m: endpoints, adapters, tenants, keys, configuration and plugins change all"
                            + " the time under streams; what gateways hold must not grow.")
    private Optional<Duration> soak = Optional.empty();

    @Option(names = "--seconds", paramLabel = "N", description = "How long --faults and --overload last, each.")
    private int seconds = 60;

    @Option(
            names = "--bars",
            paramLabel = "X",
            description = "Bars of times are multiplied by this, for machines that do something else as well.")
    private double bars = 1;

    @Option(names = "--clients", paramLabel = "N", description = "Clients at a time.")
    private int clients = 24;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is asked, and of what is broken when.")
    private long seed = 1;

    @Option(names = "--json", description = "Prints JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** For the command line, which makes it. */
    public DrillCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rolls < 0 || kills < 0 || clients < 1 || seconds < 1 || bars <= 0) {
            throw new ParameterException(spec.commandLine(), "numbers of things to do are not negative");
        }
        if (rolls == 0 && kills == 0 && !faults && !overload && soak.isEmpty()) {
            rolls = SHORT_ROLLS;
            kills = SHORT_KILLS;
        }
        Sheet sheet = new Sheet(conditions());
        PrintWriter progress = spec.commandLine().getErr();
        if (rolls > 0) {
            Rolls.run(rolls, clients, seed, progress, sheet);
        }
        if (kills > 0) {
            Kills.run(kills, clients, seed, progress, sheet);
        }
        if (faults) {
            FaultDrill.run(seconds, clients, seed, progress, sheet);
        }
        if (overload) {
            OverloadDrill.run(seconds, bars, seed, progress, sheet);
        }
        if (soak.isPresent()) {
            SoakDrill.run(soak.get(), clients, seed, progress, sheet);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? sheet.json() + "\n" : sheet.markdown());
        out.flush();
        return sheet.missed() ? ExitCode.SOFTWARE : ExitCode.OK;
    }

    /** Reads lengths with a unit. */
    static final class Lengths implements ITypeConverter<Duration> {
        private static final Pattern LENGTH = Pattern.compile("(\\d+)(s|m|h)");

        @Override
        public Duration convert(String text) {
            Matcher length = LENGTH.matcher(text);
            if (!length.matches()) {
                throw new TypeConversionException("is a number and s, m or h, such as 15m, not " + text);
            }
            return Duration.parse("PT" + length.group(1) + length.group(2).toUpperCase(Locale.ROOT));
        }
    }

    private String conditions() throws IOException {
        return String.format(
                Locale.ROOT,
                "%s UTC, seed %d, %d clients, Java %s, %d processors, load average before: %s",
                ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT)),
                seed,
                clients,
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
    }
}
