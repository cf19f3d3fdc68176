# Runs one program and ends it when the owner is gone: the owner holds the other end of our standard input and never
# writes to it, so end of file means that it closed it or died, however it died. Then nothing is left of the directory.
# Arguments: directory, second directory or '', library directory or '', program, its arguments.
trap '' HUP INT TERM
dir=$1 second=$2 libraries=$3
shift 3
if [ -n "$libraries" ]; then
    LD_LIBRARY_PATH=$libraries DYLD_LIBRARY_PATH=$libraries
    export LD_LIBRARY_PATH DYLD_LIBRARY_PATH
fi
exec 3<&0 </dev/null
"$@" 3<&- >>"$dir/log" 2>&1 &
program=$!
(
    while read -r line; do :; done <&3
    # A program that is just starting may still ignore the signal: repeat it, at last the hard one.
    signal=QUIT tries=0
    while kill -s $signal "$program" 2>/dev/null; do
        tries=$((tries + 1))
        if [ $tries -ge 500 ]; then signal=KILL; fi
        sleep 0.02
    done
) &
keeper=$!
exec 3<&-
wait "$program"
status=$?
# On a full disk the file stays empty, which is an answer too; without even that our own end is the answer.
echo $status >"$dir/exit.new" 2>/dev/null
mv -f "$dir/exit.new" "$dir/exit" 2>/dev/null || kill -s KILL "$keeper"
wait "$keeper"
cd /
rm -rf -- "$dir"
if [ -n "$second" ]; then rm -rf -- "$second"; fi
