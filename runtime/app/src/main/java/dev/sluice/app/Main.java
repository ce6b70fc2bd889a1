package dev.sluice.app;

import dev.sluice.app.drill.DrillCommand;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line. Results go to stdout, everything else to stderr; 0 fine, 1 failed, 2 wrong use or configuration. */
@Command(
        name = "sluice",
        description = "A KV-cache-aware gateway for vLLM.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class Main implements Runnable {
    private static volatile boolean process;

    /** All is well. */
    static final int FINE = 0;
    /** It was tried and did not work. */
    static final int FAILED = 1;
    /** It was not tried: the command line or a configuration is wrong. */
    static final int WRONG_USE = 2;
    /** What the JVM itself uses for this. */
    private static final int MEMORY_RAN_OUT = 3;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String... arguments) {
        process = true;
        Logs.toStandardError();
        Thread.setDefaultUncaughtExceptionHandler(Main::endIfMemoryRanOut);
        System.exit(run(writer(System.out), writer(System.err), arguments));
    }

    /** Whether this is a process of its own, and not somebody's who calls {@link #run}. */
    static boolean isProcess() {
        return process;
    }

    /**
     * Memory that ran out where nobody handles it leaves the gateway in an unknown state: it is better started again. Only
     * its own threads count, which have its loader as their context; what a plugin does on its own threads ends those.
     */
    private static void endIfMemoryRanOut(Thread thread, Throwable failure) {
        System.err.println("sluice: thread " + thread.getName() + " failed: " + failure);
        boolean own = Main.class.getClassLoader().equals(thread.getContextClassLoader());
        if (own && failure instanceof OutOfMemoryError) {
            Runtime.getRuntime().halt(MEMORY_RAN_OUT);
        }
        failure.printStackTrace();
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    /** Runs a command and returns its exit code. */
    static int run(PrintWriter out, PrintWriter err, String... given) {
        Optional<ServeCommand> serve = ServeCommand.plain(given);
        if (serve.isPresent()) {
            return serve.get().run(err);
        }
        if (given.length == 1 && given[0].equals("train")) { // or picocli would be learned, and loaded at each start
            return TrainCommand.run(err);
        }
        boolean picker = given.length > 0 && given[0].equals("epp");
        String[] arguments = picker ? EppFlags.spelled(given) : given;
        return commandLine(arguments)
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpWidth(100)
                .setExecutionExceptionHandler((failure, command, parsed) -> Failures.report(failure, command))
                .execute(arguments);
    }

    /** All commands; a class of its own, because a gateway that starts needs none of it. */
    private static final class Commands {
        /** In the order in which help names them. */
        static final Map<String, Class<?>> ALL = named(
                DemoCommand.class,
                ServeCommand.class,
                EppCommand.class,
                SimulatorCommand.class,
                CheckCommand.class,
                ConvertCommand.class,
                SchemaCommand.class,
                PluginsCommand.class,
                KeyCommand.class,
                UsageCommand.class,
                DoctorCommand.class,
                RouteCommand.class,
                ExplainCommand.class,
                BundleCommand.class,
                BenchCommand.class,
                DrillCommand.class,
                TrainCommand.class);

        private static Map<String, Class<?>> named(Class<?>... classes) {
            Map<String, Class<?>> commands = new LinkedHashMap<>();
            for (Class<?> command : classes) {
                commands.put(command.getAnnotation(Command.class).name(), command);
            }
            return commands;
        }
    }

    /**
     * With the one command that is asked for, or all when that is none of them: to read what all of them take is most of the
     * time in which a gateway starts.
     */
    static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new Main());
        Class<?> asked = arguments.length == 0 ? null : Commands.ALL.get(arguments[0]);
        if (asked != null) {
            return line.addSubcommand(asked);
        }
        Commands.ALL.values().forEach(line::addSubcommand);
        return line;
    }

    @Override
    public void run() {
        throw WrongUse.of(spec, "which command?");
    }
}
