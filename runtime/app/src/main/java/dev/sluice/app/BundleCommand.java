package dev.sluice.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "bundle",
        mixinStandardHelpOptions = true,
        description =
                "Writes what helps to find a fault into one file: the configuration (secrets masked), endpoints, tenants, plugins,"
                        + " recent decisions, metrics and threads of a gateway that runs. No prompts, no keys.")
final class BundleCommand implements Callable<Integer> {
    @Option(
            names = "--to",
            paramLabel = "FILE",
            description = "The file. Default: ${DEFAULT-VALUE}.",
            defaultValue = "sluice-bundle.zip")
    private Path to = Path.of("sluice-bundle.zip");

    @Option(names = "--force", description = "Writes over a file that is there.")
    private boolean force;

    @Mixin
    private AdminClient admin = new AdminClient();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Pages of the admin port, by the names that they get. */
    private static Map<String, String> pages() {
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("config.yaml", "/config");
        pages.put("ready.txt", "/readyz");
        pages.put("endpoints.json", "/endpoints");
        pages.put("tenants.json", "/tenants");
        pages.put("plugins.json", "/plugins");
        pages.put("decisions.json", "/decisions?limit=1000");
        pages.put("metrics.txt", "/metrics");
        pages.put("threads.txt", "/threads");
        return pages;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        if (!force && Files.exists(to)) {
            spec.commandLine().getErr().println("sluice bundle: " + to + " is there already; --force writes over it");
            return Main.WRONG_USE;
        }
        Path part = to.resolveSibling(to.getFileName() + ".part");
        int missing = 0;
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE))) {
            write(zip, "versions.txt", versions());
            for (Map.Entry<String, String> page : pages().entrySet()) {
                AdminClient.Reply reply = admin.get(page.getValue());
                boolean there = reply.fine() || page.getValue().equals("/readyz");
                if (!there) {
                    missing++;
                    out.println(page.getKey() + ": the gateway answered " + reply.status());
                }
                write(zip, page.getKey(), reply.body());
            }
        } catch (IOException | InterruptedException | RuntimeException failed) {
            Files.deleteIfExists(part);
            throw failed;
        }
        Files.move(part, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        out.println("written: " + to + " (" + Files.size(to) / 1024 + " KiB). Read it before you pass it on: it names"
                + " your endpoints and tenants.");
        out.flush();
        return missing == 0 ? Main.FINE : Main.FAILED;
    }

    private static String versions() {
        return "sluice " + dev.sluice.gateway.Gateway.version() + "\njava " + Runtime.version() + "\n"
                + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch")
                + "\n(of the command that wrote this; the gateway's are in metrics.txt)\n";
    }

    private static void write(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }
}
