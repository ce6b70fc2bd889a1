import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The part of helm's command line that the stages need: lint, template, upgrade --install and uninstall. */
final class HelmTool {
    private HelmTool() {}

    public static void main(String... arguments) {
        List<String> plain = new ArrayList<>();
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "-n", "-f", "--timeout" -> options.put(arguments[i], arguments[++i]);
                case "--install", "--wait", "--strict", "--quiet" -> options.put(arguments[i], "");
                default -> plain.add(arguments[i]);
            }
        }
        Path kubeconfig = Path.of(System.getenv().getOrDefault("KUBECONFIG", "none"));
        String namespace = options.getOrDefault("-n", "default");
        try {
            switch (plain.getFirst()) {
                case "lint" -> {
                    LintResult result = new Helm(Path.of(plain.get(1))).lint().strict().call();
                    result.getMessages().forEach(System.err::println);
                    if (result.isFailed()) {
                        System.exit(1);
                    }
                }
                case "template" ->
                    System.out.println(new Helm(Path.of(plain.get(2)))
                            .template()
                            .withKubeVersion("1.35.0")
                            .withName(plain.get(1))
                            .withNamespace(namespace)
                            .withValuesFile(Path.of(options.get("-f")))
                            .call());
                case "upgrade" -> {
                    var upgrade = new Helm(Path.of(plain.get(2)))
                            .upgrade()
                            .install()
                            .withName(plain.get(1))
                            .withNamespace(namespace)
                            .withKubeConfig(kubeconfig)
                            .withTimeout(Integer.parseInt(options.getOrDefault("--timeout", "120")))
                            .withValuesFile(Path.of(options.get("-f")));
                    if (options.containsKey("--wait")) {
                        upgrade.waitReady();
                    }
                    System.out.println(upgrade.call().getStatus());
                }
                case "uninstall" ->
                    System.out.println(Helm.uninstall(plain.get(1))
                            .withNamespace(namespace)
                            .withKubeConfig(kubeconfig)
                            .call());
                default -> throw new IllegalArgumentException("what is " + plain);
            }
        } catch (RuntimeException failed) {
            System.err.println("Error: " + failed.getMessage());
            System.exit(1);
        }
    }
}
