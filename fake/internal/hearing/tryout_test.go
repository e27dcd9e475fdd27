package hearing_test
import ("testing";"os";"path/filepath";"fmt")
func TestTry(t *testing.T){
 _,want,_ := hear(t, spec(t,"16K"), file(t,"speech-ja.wav"))
 st,_,_ := hear(t, spec(t,"16K"), file(t,"speech-ja.wav"))
 fmt.Println("wav", st, want)
 names,_ := filepath.Glob("../../../testdata/audio/*")
 for _,n := range names { b,_ := os.ReadFile(n); ev,sum,err := listen(spec(t,"16K"), b, 0)
  fmt.Println(filepath.Base(n), sum, err)
  for _,e := range ev { if fmt.Sprintf("%T",e)!="hearing.Interim" {fmt.Printf("   %T %+v\n", e,e)} } }
}
