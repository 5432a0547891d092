/** A fish completion script: the program itself is asked. */
export const fishScript = `# fish completion for linkwright: linkwright completion fish | source
function __linkwright
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    $typed[1] completion answer -- $typed[2..-1] "$current" 2>/dev/null
end

complete -c linkwright -f -k -a '(__linkwright)'
`;
