package dev.sluice.app;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;

/** One line for what went wrong; the rest only for those who ask with SLUICE_LOG=debug. */
final class Failures {
    private static final System.Logger LOG = System.getLogger(Failures.class.getName());

    private Failures() {}

    static int report(Throwable failure, CommandLine command) {
        return report(failure, command.getCommandName(), command.getErr());
    }

    static int report(Throwable failure, String command, PrintWriter err) {
        err.println("sluice " + command + ": " + message(failure));
        LOG.log(System.Logger.Level.DEBUG, "the failure in full", failure);
        return Main.FAILED;
    }

    private static String message(Throwable failure) {
        Throwable shown = failure instanceof UncheckedIOException io
                        && io.getCause() != null
                        && io.getMessage() != null
                        && io.getMessage().equals(io.getCause().toString())
                ? io.getCause()
                : failure;
        String text = shown.getMessage();
        return text == null || text.isBlank() || shown instanceof NullPointerException ? shown.toString() : text;
    }
}
