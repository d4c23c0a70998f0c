/**
 * Questions about npm's documentation, and a piece of text that only a passage with the answer has. Written for this
 * benchmark by people who had the passages before them: about half use the words of the passage, the others ask as
 * somebody does who does not know them.
 */
export const questions: readonly [question: string, passageHas: string][] = [
  // In the words of the documentation.
  ['Does npm ci ever write to package.json?', 'It will never write to `package.json` or any of the package-locks'],
  ['What does npm audit send to the registry?', 'submits a description of the dependencies configured in your project'],
  ['Can I run npm audit without a package lock?', 'You can bypass the package lock with `--no-package-lock`'],
  ['How do I verify registry signatures?', 'you can verify the registry signatures of downloaded packages'],
  ['What does npm cache verify do?', 'garbage collecting any unneeded data'],
  ['How do I prefer deduplication over novelty?', 'To prefer deduplication over novelty'],
  [
    'How do I un-deprecate a package with an empty string?',
    'specify an empty string (`""`) for the `message` argument',
  ],
  ['Why can v1.4 not be used as a tag?', '`v1.4` cannot be used as a tag'],
  [
    'How does npm exec determine the executable name?',
    'then npm will attempt to determine the executable name from the package specifier provided as the first',
  ],
  ['What does npm explain print?', 'print the chain of dependencies causing a given package to be installed'],
  [
    'Which funding url is opened when there are multiple funding sources?',
    'if there are multiple funding sources for the package',
  ],
  [
    'Into which npm exec operation is npm init @usr/foo transformed?',
    '`npm init @usr/foo` -> `npm exec @usr/create-foo`',
  ],
  ['Are packages that are linked saved to package.json?', 'package dependencies linked in this way are _not_ saved'],
  ['What does red mean in npm outdated?', "Red means there's a newer version matching your semver requirements"],
  ['What is the maximum length of a package name?', 'must be less than or equal to 214 characters'],
  ['What are extraneous packages?', 'Extraneous packages are those present in the `node_modules` folder'],
  ['Are symbolic links included in npm packages?', 'Symbolic links are never included in npm packages'],
  ['Which formats of SBOM can npm generate?', 'SBOMs can be generated in either'],
  ['What does npm shrinkwrap repurpose?', 'This command repurposes `package-lock.json`'],
  ['How long until I may publish again after I unpublish the entire package?', 'until 24 hours have passed'],
  ['Where are cache files stored on Windows?', 'Cache files are stored in `~/.npm` on Posix'],
  ['What is the hidden lockfile?', 'npm as of v7 uses a "hidden" lockfile'],
  ['Which npm versions use lockfileVersion 3?', 'The lockfile version used by npm v9 and above'],
  ['Which log levels are there?', 'there are several levels/types of logs available'],
  ['How are lines in .npmrc interpreted as comments?', 'are interpreted as comments when they begin with a'],
  ['Which settings must be scoped to a specific registry?', 'must all be scoped to a specific registry'],
  ['What does the :deduped selector match?', '`:deduped` when a dependency has been deduped'],
  [
    'What does staged publishing require from maintainers?',
    'Staged publishing allows package maintainers to require proof-of-presence',
  ],
  [
    'How many packages can be configured within the 5-minute two-factor window?',
    'you can configure approximately 80 packages',
  ],
  ['What is the default install hook for binding.gyp?', 'npm will use a default install hook'],
  ['What does starring a package mean?', 'means that you have some interest in it'],
  ['Where are man pages linked in global mode?', 'man pages are linked into `{prefix}/share/man`'],
  ['What does npm prefix print?', 'Print the local prefix to standard output'],
  ['Which fields does a lockfile package descriptor have?', 'Package descriptors have the following fields'],
  // As somebody asks who does not know its words.
  [
    'What should I run on a build server so that everyone gets exactly the same versions?',
    "it's meant to be used in automated environments such as test platforms",
  ],
  [
    'My disk is filling up: is it safe to throw away everything npm downloaded?',
    'it should never be necessary to clear the cache for any reason other than reclaiming disk space',
  ],
  [
    'Why do I have the same library twice in my tree, and who asked for it?',
    'figure out exactly why a given dependency is being duplicated',
  ],
  [
    'I published something by mistake. How do I take it back?',
    'This removes a package version from the registry, deleting its entry',
  ],
  [
    'Can I upload the same version number a second time?',
    'that specific name and version combination can never be used again',
  ],
  [
    'How can I try out my library in another project without publishing it?',
    'This is handy for installing your own stuff, so that you can work on it and test iteratively',
  ],
  [
    'How do I warn people away from an old release?',
    'providing a deprecation warning to all who attempt to install it',
  ],
  ['How do I give a colleague the right to release new versions?', 'Add a new user as a maintainer of a package'],
  ['After upgrading node my native modules crash. What now?', 'where you need to recompile all your C++ add-ons'],
  [
    'How can I see which of my libraries have newer releases?',
    'check the registry to see if any (or, specific) installed packages are currently outdated',
  ],
  [
    'How do I stop secrets and test data from being shipped in the tarball?',
    'Use a `.npmignore` file to keep stuff out of your package',
  ],
  [
    'Let my pipeline release without a stored password or token',
    'Configure trust relationships between npm packages and CI/CD providers',
  ],
  [
    'How do I change a value in the manifest from a shell script?',
    'A command that automates the management of `package.json` files',
  ],
  [
    'Is it a problem when somebody steals my login token, and how do I cancel it?',
    'A revoked token will immediately be removed from the registry',
  ],
  ['How can I silence the questionnaire when I start a project?', 'to skip the questionnaire altogether'],
  ['Where do the detailed logs of a failed command end up?', 'directory named `_logs` inside the npm cache'],
  ['I do not want npm to write any logs at all', 'To turn off logs completely set'],
  ['Why do I not see what the postinstall step of a package prints?', 'began hiding the output of lifecycle scripts'],
  [
    'Where does npm put programs that I install for the command line?',
    'executables are linked into `{prefix}/bin` on Unix',
  ],
  ['How can companies share private code under one name?', 'Scopes are a way of grouping related packages together'],
  [
    'How do I get rid of a library and everything it brought?',
    'completely removing everything npm installed on its behalf',
  ],
  ['Should the lock file be checked into git?', 'This file is intended to be committed into source repositories'],
  ['How do I get npm itself off my computer?', 'So sad to see you go'],
  ['How do I forbid that my project is ever published?', 'then npm will refuse to publish it'],
  [
    'Which order do the scripts before and after a script run in?',
    'To create "pre" or "post" scripts for any scripts defined',
  ],
  ['How can I find all dependencies that come from git?', 'find all git dependencies & explain who requires them'],
  [
    'What is checked when something is wrong with my npm set-up?',
    'runs a set of checks to ensure that your npm installation has what it needs',
  ],
  [
    'How do I see what changed between two releases of a library?',
    'will print diff patches of files for packages published',
  ],
  [
    'How can I force a nested dependency to a version of my choice?',
    'Overrides provide a way to replace a package in your dependency tree',
  ],
  [
    'How do I say which node versions my code works with?',
    'You can specify the version of node that your stuff works on',
  ],
  [
    'Several packages in one repository: how are they wired together?',
    'set of features in the npm cli that provides support for managing multiple packages',
  ],
  [
    'How do I run a tool once in every package of my monorepo?',
    "in this example we're using **eslint** to lint any js file found within each workspace folder",
  ],
  ['How do I list who may publish this package?', 'List all the users who have access to modify a package'],
  [
    'How do I make a git commit and tag along with a new release number?',
    'it will also create a version commit and tag',
  ],
  [
    'What keeps npm from sending my password to a wrong server?',
    'This ensures that `npm` will never send credentials to the wrong host',
  ],
  [
    'How is a package tied to a host library it plugs into?',
    'express the compatibility of your package with a host tool or library',
  ],
  ['What does a caret do for versions below one?', 'has a caret dependency on a version below `1.0.0`'],
  [
    'Who pays the maintainers of what I use?',
    'retrieves information on how to fund the dependencies of a given project',
  ],
]
