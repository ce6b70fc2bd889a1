package dev.sluice.app;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * What is said of a command line that is wrong. Apart from the commands that {@code serve} needs: a class that throws one of picocli's
 * exceptions itself has them loaded when it is loaded, and they are not in the AOT cache.
 */
final class WrongUse {
    private WrongUse() {}

    static RuntimeException of(CommandSpec command, String what) {
        return new ParameterException(command.commandLine(), what);
    }
}
